//! `command`: a documented command, and what its answer is compared with.

use std::time::Duration;

use super::{Resolver, matcher};
use crate::{
    expectation::{Expectation, Expectations, Matcher},
    scenario::{
        documented_command::{Class, DocumentedCommand},
        model::Step,
        raw,
    },
    yaml::{Node, Problem, Rule, nearest},
};

/// For a command that does not say.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) fn read(resolver: &mut Resolver<'_>, raw: raw::Command, node: &Node) -> DocumentedCommand {
    if raw.printed.trim().is_empty() {
        let problem = Problem::new(Rule::Empty, node.nearest(&["printed"]).place, "no command to run");
        resolver.complain(problem.help("copy it from the document"));
    }
    for (part, item) in raw.replace.iter().zip(node.nearest(&["replace"]).items()) {
        if !raw.printed.contains(&part.text) {
            let place = item.nearest(&["text"]).place;
            let problem = Problem::new(Rule::Command, place, format!("the command has no `{}` to replace", part.text));
            resolver.complain(problem.help("copy the part from `printed`"));
        }
    }
    let answered_when = if let Some(list) = node.get("answered-when") {
        demands(resolver, list)
    } else {
        let matcher = Matcher::Equals { value: serde_json::json!(0) };
        Expectations(vec![Expectation { path: "exit".to_owned(), matcher }])
    };
    let must_show = demands(resolver, node.nearest(&["must-show"]));
    let timeout = raw.timeout.map_or(Some(TIMEOUT), |text| resolver.duration(&text, node.nearest(&["timeout"]).place));
    DocumentedCommand {
        text: raw.printed,
        replace: raw.replace,
        answered_when,
        must_show,
        correction: raw.correction,
        timeout: timeout.unwrap_or(TIMEOUT),
        undo: raw.undo,
    }
}

fn demands(resolver: &mut Resolver<'_>, list: &Node) -> Expectations {
    resolver.known_facts(list, "command");
    matcher::expectations(list, &mut resolver.problems)
}

impl Resolver<'_> {
    /// A step about a documented command expects a class, and what goes with it.
    pub(super) fn classed(&mut self, step: &Step, printed: &DocumentedCommand, node: &Node) {
        let list = node.nearest(&["expect"]);
        let place = list.nearest(&["class"]).place;
        let demanded = step.expect.0.iter().find(|demand| demand.path == "class").map(|demand| &demand.matcher);
        let Some(Matcher::Equals { value }) = demanded else {
            let problem = Problem::new(Rule::Command, list.place, "no class is expected of this command");
            return self.complain(problem.help("write `class: works`, `misleads` or `broken` under `expect`"));
        };
        let word = value.as_str().unwrap_or_default();
        let words = Class::ALL.map(Class::word);
        let Some(class) = Class::ALL.into_iter().find(|class| class.word() == word && *class != Class::Unproven) else {
            let problem = Problem::new(Rule::Command, place, format!("no command can be expected to be `{word}`"));
            return self.complain(match nearest(word, words.into_iter().filter(|word| *word != "unproven")) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("one of works, misleads, broken"),
            });
        };
        if class != Class::Works && printed.correction.is_none() {
            let problem = Problem::new(Rule::Command, place, format!("nothing shows what `{word}` is worse than"));
            self.complain(problem.help("add the `correction`, the command to run instead"));
        }
        let is_output = |path: &str| matches!(path, "said" | "stderr" | "stdout");
        if class == Class::Broken && !step.expect.0.iter().any(|demand| is_output(&demand.path)) {
            let problem = Problem::new(Rule::Command, place, "it may be broken for any reason");
            self.complain(problem.help("expect of `stderr` what it complains about"));
        }
        let runs = if printed.correction.is_some() { 2 } else { 1 };
        if printed.timeout * runs > step.timeout {
            let place = node.nearest(&["command", "timeout"]).place;
            let problem = Problem::new(Rule::Timeout, place, "the step is cut off before its commands are");
            self.complain(problem.help("raise the `timeout` of the step, or lower that of the command"));
        }
    }
}
