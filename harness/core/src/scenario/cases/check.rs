//! The rules that case files are held to.

use std::collections::BTreeMap;

use super::{
    model::{Case, CaseFile, Expect, Ideal},
    raw::{self, PresentedBy},
};
use crate::{
    evidence::plan::Level,
    expectation::outcome::{ALERTS, Outcome, REASONS},
    yaml::{Content, Node, Place, Problem, Rule, nearest},
};
use mtls_pki::forge::{Side, flaw, flaws};

/// Turns a document into cases, or reports every problem of it.
pub(super) fn check(
    document: raw::Document,
    cases: Vec<(raw::Case, &Node)>,
    head: &Node,
    name: &str,
    requirements: &BTreeMap<String, Level>,
) -> Result<CaseFile, Vec<Problem>> {
    let presented_by = match document.presented_by {
        PresentedBy::Client => Side::Client,
        PresentedBy::Server => Side::Server,
    };
    let mut checker = Checker { presented_by, requirements, problems: Vec::new() };
    if document.metadata.id != name {
        let place = head.nearest(&["metadata", "id"]).place;
        checker.complain(Rule::Id, place, "the id is not the name of the file", &format!("write `id: {name}`"));
    }
    if cases.is_empty() {
        checker.complain(Rule::Empty, head.place, "there are no `cases`", "add at least a control and a flaw");
    }
    let nodes: Vec<&Node> = cases.iter().map(|(_, node)| *node).collect();
    let cases: Vec<Case> = cases.into_iter().map(|(case, node)| checker.case(case, node)).collect();
    checker.together(&cases, &nodes);
    if checker.problems.is_empty() {
        Ok(CaseFile { id: document.metadata.id, title: document.metadata.title, presented_by, cases })
    } else {
        Err(checker.problems)
    }
}

struct Checker<'a> {
    presented_by: Side,
    requirements: &'a BTreeMap<String, Level>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn complain(&mut self, rule: Rule, place: Place, message: &str, help: &str) {
        self.problems.push(Problem::new(rule, place, message).help(help));
    }

    fn case(&mut self, raw: raw::Case, node: &Node) -> Case {
        let word = raw.flaw.clone().unwrap_or_else(|| raw.id.clone());
        if flaw(&word).is_none() {
            let key = if raw.flaw.is_some() { "flaw" } else { "id" };
            let problem =
                Problem::new(Rule::Flaw, node.nearest(&[key]).place, format!("the forge knows no flaw `{word}`"));
            let known: Vec<&str> = flaws().map(|flaw| flaw.word).collect();
            self.problems.push(match nearest(&word, known.iter().copied()) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help(format!("flaws: {}", known.join(", "))),
            });
        }
        let (ideal, refusals) = self.answers(&raw, node);
        if is_empty(node.nearest(&["expect"])) {
            let place = node.nearest(&["expect"]).place;
            self.complain(
                Rule::Empty,
                place,
                "no target is expected to do anything",
                "say what each kind of target does",
            );
        }
        let cited =
            raw.deviation.iter().flat_map(|deviation| &deviation.compensated_by).zip(std::iter::repeat("deviation"));
        for (id, key) in raw.requirements.iter().zip(std::iter::repeat("requirements")).chain(cited) {
            self.requirement(id, node.nearest(&[key]).place);
        }
        let case = Case {
            id: raw.id,
            group: raw.group,
            description: raw.description,
            flaw: word,
            standard: raw.standard,
            severity: raw.severity,
            control: raw.control,
            ideal,
            refusals,
            expect: raw.expect,
            deviation: raw.deviation,
            requirements: raw.requirements,
            line: node.place.line,
        };
        self.deviation(&case, node);
        case
    }

    /// The ideal answer, and every answer that counts as a refusal.
    fn answers(&mut self, raw: &raw::Case, node: &Node) -> (Ideal, Vec<Outcome>) {
        let mut refusals = Vec::new();
        let ideal = match raw.ideal.as_str() {
            "accept" => Ideal::Accept,
            "any" => Ideal::Any,
            answer => {
                refusals.extend(self.refusal(answer, node.nearest(&["ideal"]).place));
                Ideal::Refuse
            }
        };
        for (answer, item) in raw.tolerated.iter().zip(node.nearest(&["tolerated"]).items()) {
            refusals.extend(self.refusal(answer, item.place));
        }
        if refusals.is_empty() && raw.expect.values().any(|expect| *expect == Expect::Refuse) {
            let place = node.nearest(&["expect"]).place;
            self.complain(
                Rule::Outcome,
                place,
                "a target is expected to refuse, but no way of refusing is listed",
                "name the answers that count in `tolerated`",
            );
        }
        (ideal, refusals)
    }

    /// An alert by name, or another way to be refused; against servers the client's own reason.
    fn refusal(&mut self, word: &str, place: Place) -> Option<Outcome> {
        let known: &[&str] = match self.presented_by {
            Side::Client => &ALERTS,
            Side::Server => &REASONS,
        };
        if known.contains(&word) {
            return Some(match self.presented_by {
                Side::Client => Outcome::TlsAlert(word.to_owned()),
                Side::Server => Outcome::ClientRejectedServer(word.to_owned()),
            });
        }
        if let (Side::Client, Ok(outcome @ (Outcome::Reset | Outcome::ClosedEarly | Outcome::HttpDenied(_)))) =
            (self.presented_by, Outcome::try_from(word.to_owned()))
        {
            return Some(outcome);
        }
        let problem = Problem::new(Rule::Outcome, place, format!("`{word}` is no way to refuse a certificate"));
        self.problems.push(match nearest(word, known.iter().copied()) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help(format!("one of {}, reset, closed-early", known.join(", "))),
        });
        None
    }

    fn requirement(&mut self, id: &str, place: Place) {
        if !self.requirements.contains_key(id) {
            let problem = Problem::new(Rule::Requirement, place, format!("the catalogue has no requirement `{id}`"));
            let meant = nearest(id, self.requirements.keys().map(String::as_str));
            self.problems.push(problem.suggest(meant));
        }
    }

    /// A target that does the opposite of the standard needs a reason, and excuses nothing but hardening.
    fn deviation(&mut self, case: &Case, node: &Node) {
        let firm = |id: &&String| self.requirements.get(*id).is_some_and(|level| *level != Level::Hardening);
        if let (Some(_), Some(id)) = (&case.deviation, case.requirements.iter().find(firm)) {
            let message = format!("`{id}` is no hardening requirement: not meeting it is no finding, but a failure");
            let place = node.nearest(&["requirements"]).place;
            self.complain(
                Rule::Deviation,
                place,
                &message,
                "drop the deviation, or name a requirement that is about hardening",
            );
        }
        let deviating: Vec<&str> =
            case.expect.keys().filter(|kind| case.deviates(**kind)).map(|kind| kind.word()).collect();
        match (&case.deviation, deviating.is_empty()) {
            (None, false) => {
                let message =
                    format!("{} does the opposite of the ideal answer, without a reason", deviating.join(" and "));
                self.complain(
                    Rule::Deviation,
                    node.nearest(&["expect"]).place,
                    &message,
                    "add `deviation: {reason: …, compensated-by: [ID]}`",
                );
            }
            (Some(_), true) => self.complain(
                Rule::Deviation,
                node.nearest(&["deviation"]).place,
                "a deviation is explained, but no target deviates",
                "drop it, or correct `expect`",
            ),
            (Some(deviation), false) if deviation.reason.trim().is_empty() || deviation.compensated_by.is_empty() => {
                self.complain(
                    Rule::Deviation,
                    node.nearest(&["deviation"]).place,
                    "the deviation has no reason, or nothing makes up for it",
                    "fill in the reason, and name the requirements that keep such certificates away",
                );
            }
            _ => {}
        }
    }

    /// Rules about cases beside each other.
    fn together(&mut self, cases: &[Case], nodes: &[&Node]) {
        for (index, (case, node)) in cases.iter().zip(nodes).enumerate() {
            if let Some(first) = cases[..index].iter().find(|earlier| earlier.id == case.id) {
                let message = format!("the case `{}` stands in line {} already", case.id, first.line);
                self.complain(Rule::Id, node.nearest(&["id"]).place, &message, "give every case its own id");
            }
            let refusing: Vec<_> = case.expect.iter().filter(|(_, expect)| **expect == Expect::Refuse).collect();
            let Some(name) = &case.control else {
                if !refusing.is_empty() {
                    self.complain(
                        Rule::DenialWithoutControl,
                        node.nearest(&["expect"]).place,
                        "a client is refused, and no control shows that the path works",
                        "name the positive control in `control`",
                    );
                }
                continue;
            };
            let place = node.nearest(&["control"]).place;
            let Some(control) = cases.iter().find(|other| other.id == *name) else {
                let problem = Problem::new(Rule::Control, place, format!("there is no case `{name}`"));
                let meant = nearest(name, cases.iter().map(|case| case.id.as_str()));
                self.problems.push(problem.suggest(meant));
                continue;
            };
            for (kind, _) in refusing {
                if control.expect.get(kind) != Some(&Expect::Accept) {
                    let message = format!("the control `{name}` is not let in by {}", kind.word());
                    self.complain(Rule::Control, place, &message, "choose one that every refusing target accepts");
                }
            }
        }
    }
}

/// Whether a map has anything in it; for messages about what is missing.
fn is_empty(node: &Node) -> bool {
    matches!(&node.content, Content::Map(entries) if entries.is_empty())
}
