//! What is known while a document is read from top to bottom, and the checks of single values that verbs have in common: names of
//! participants and Secrets, selectors, features, lengths of time.
//!
//! Lies below the verbs, which resolve themselves with it, and below `resolve`, which reads whole documents.

mod positive_controls;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use super::{
    cases::CaseFile,
    feature,
    isolation::Isolation,
    participant::Participant,
    selector::{LabelSelector, SelectorError},
};
use crate::{
    evidence::plan::Level,
    expectation::matching::parse_duration,
    yaml::{Node, Place, Problem, Rule, nearest},
};
use positive_controls::PositiveControls;

/// Where a document lies and what it may prove.
pub(super) struct Setting<'a> {
    /// What `metadata.id` must be.
    pub(super) id: &'a str,
    /// As shown in messages and reports.
    pub(super) file: &'a Path,
    /// Where it really lies; files that it names are found from here.
    pub(super) folder: Option<&'a Path>,
    pub(super) requirements: &'a BTreeMap<String, Level>,
    pub(super) cases: &'a BTreeMap<String, CaseFile>,
}

/// Part of a document that steps stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Confirm,
    Fault,
    Finally,
    Setup,
    Steps,
}

/// The part that a participant must be able to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Anyone,
    Caller,
    Server,
}

/// The key of a step that observes, and the message when it observes nothing.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub(super) key: &'static str,
    pub(super) rule: Rule,
    pub(super) purpose: &'static str,
}

/// What is known while steps are read from top to bottom.
pub(super) struct Resolver<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) participants: &'a BTreeMap<String, Participant>,
    pub(super) isolation: Isolation,
    pub(super) problems: Vec<Problem>,
    pub(super) members_used: BTreeSet<String>,
    pub(super) ids: BTreeMap<String, usize>,
    pub(super) faults: BTreeSet<String>,
    pub(super) streams: BTreeSet<String>,
    pub(super) positive_controls: PositiveControls,
    /// Requirements named by some step, and where first.
    pub(super) proven: BTreeMap<String, Place>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        setting: &'a Setting<'a>,
        participants: &'a BTreeMap<String, Participant>,
        isolation: Isolation,
    ) -> Self {
        Self {
            setting,
            participants,
            isolation,
            problems: Vec::new(),
            members_used: BTreeSet::new(),
            ids: BTreeMap::new(),
            faults: BTreeSet::new(),
            streams: BTreeSet::new(),
            positive_controls: PositiveControls::default(),
            proven: BTreeMap::new(),
        }
    }
}

impl Resolver<'_> {
    pub(super) fn complain(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Checks that a name is a participant that can take the part.
    pub(super) fn member(&mut self, name: &str, place: Place, part: Part) {
        let participants = self.participants;
        let Some(member) = participants.get(name) else {
            let problem = Problem::new(Rule::Participants, place, format!("there is no participant `{name}`"));
            return self.complain(match nearest(name, participants.keys().map(String::as_str)) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("declare it under `participants`"),
            });
        };
        self.members_used.insert(name.to_owned());
        let message = match part {
            Part::Caller if member.client.is_none() => format!("`{name}` is a workload: it cannot call"),
            Part::Server if member.workload.is_none() => format!("`{name}` is a client: it cannot be called"),
            _ => return,
        };
        self.complain(Problem::new(Rule::Participants, place, message).help("clients call, workloads answer"));
    }

    /// A selector that no API server would accept, or that another world would read otherwise.
    pub(super) fn selector(&mut self, text: &str, node: &Node) {
        if let Err(error) = text.parse::<LabelSelector>() {
            let problem = Problem::new(Rule::Selector, node.nearest(&["selector"]).place, error.to_string());
            self.complain(problem.help(match error {
                SelectorError::Empty => "leave out `selector` to get all objects of the kind",
                _ => "write `app=proxy-api`, `app!=proxy-api`, `app`, `!app` or `app in (a, b)`, with commas for and",
            }));
        }
    }

    pub(super) fn secret(&mut self, name: &str, place: Place) {
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
            let problem = Problem::new(Rule::Secret, place, format!("`{name}` does not name a Secret"));
            self.complain(problem.help("write `namespace/name`"));
        }
    }

    pub(super) fn duration(&mut self, text: &str, place: Place) -> Option<Duration> {
        let duration = parse_duration(text).filter(|duration| !duration.is_zero());
        if duration.is_none() {
            let problem = Problem::new(Rule::Duration, place, format!("`{text}` is not a length of time"));
            self.complain(problem.help("write a number with a unit: 300ms, 30s, 5m, 1h30m, 30d"));
        }
        duration
    }

    pub(super) fn features(&mut self, features: &[String], list: &Node) {
        for (wanted, item) in features.iter().zip(list.items()) {
            if !feature::names().any(|name| name == wanted) {
                let problem = Problem::new(Rule::Feature, item.place, format!("no world offers `{wanted}`"));
                self.complain(match nearest(wanted, feature::names()) {
                    Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                    None => problem.help(format!("features: {}", feature::names().collect::<Vec<_>>().join(", "))),
                });
            }
        }
    }
}
