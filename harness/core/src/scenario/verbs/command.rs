//! `command`: a documented command, and what its answer is compared with.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb,
    effects::{Change, Effects, Process},
    schema,
};
use crate::{
    expectation::{Expectation, Expectations, Matcher},
    scenario::{
        documented_command::{Class, DocumentedCommand, Replacement},
        resolver::Resolver,
    },
    yaml::{Node, Problem, Rule, nearest},
};

/// For a command that does not say.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Serialize)]
pub struct CommandSpec(pub DocumentedCommand);

/// A command that a document prints, run on the control plane as it is printed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::scenario) struct WrittenCommand {
    /// As the document prints it.
    printed: String,
    /// Parts that are not run as printed.
    #[serde(default)]
    replace: Vec<Replacement>,
    /// When its output counts as an answer; default: it ends with 0.
    #[serde(default)]
    #[schemars(schema_with = "schema::demands::<CommandSpec>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    answered_when: Option<BTreeMap<String, Value>>,
    /// What a reader must learn from the answer.
    #[schemars(schema_with = "schema::demands::<CommandSpec>")]
    #[expect(dead_code, reason = "matchers are read from the node, which knows their order and places")]
    must_show: BTreeMap<String, Value>,
    /// The command to run instead; it must end with 0 and show the same.
    correction: Option<String>,
    /// Ended after this long, default `20s`.
    timeout: Option<String>,
    /// Takes back what it changes, at the end of the scenario.
    undo: Option<String>,
}

impl Verb for CommandSpec {
    const ABOUT: About = About {
        usage: "command: {printed, replace, answered-when, must-show, correction, timeout, undo}",
        does: "runs what a document prints, on the control plane (below)",
        shows: "`class`, `exit`, `ended`, `stdout`, `stderr`, `said` (both), `rows` (words of each line of `stdout`), `reveals-key`, `instead.*` (of the correction)",
        facts: Facts::of(&["class", "exit", "ended", "stdout", "stderr", "said", "rows", "reveals-key", "instead"]),
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = WrittenCommand;

    fn resolve(written: WrittenCommand, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        if written.printed.trim().is_empty() {
            let problem = Problem::new(Rule::Empty, node.nearest(&["printed"]).place, "no command to run");
            resolver.complain(problem.help("copy it from the document"));
        }
        for (part, item) in written.replace.iter().zip(node.nearest(&["replace"]).items()) {
            if !written.printed.contains(&part.text) {
                let place = item.nearest(&["text"]).place;
                let message = format!("the command has no `{}` to replace", part.text);
                let problem = Problem::new(Rule::Command, place, message);
                resolver.complain(problem.help("copy the part from `printed`"));
            }
        }
        let answered_when = if let Some(list) = node.get("answered-when") {
            resolver.demands::<Self>(list)
        } else {
            let matcher = Matcher::Equals { value: serde_json::json!(0) };
            Expectations(vec![Expectation { path: "exit".to_owned(), matcher }])
        };
        let must_show = resolver.demands::<Self>(node.nearest(&["must-show"]));
        let timeout = written.timeout.map_or(Some(TIMEOUT), |text| {
            let place = node.nearest(&["timeout"]).place;
            resolver.duration(&text, place)
        });
        Some(Self(DocumentedCommand {
            text: written.printed,
            replace: written.replace,
            answered_when,
            must_show,
            correction: written.correction,
            timeout: timeout.unwrap_or(TIMEOUT),
            undo: written.undo,
        }))
    }

    /// A step about a documented command expects a class, and what goes with it.
    fn check(&self, step: &Step, node: &Node, resolver: &mut Resolver<'_>) {
        let list = node.nearest(&["expect"]);
        let Some(class) = expected_class(step, list, resolver) else { return };
        let printed = &self.0;
        let place = list.nearest(&["class"]).place;
        if class != Class::Works && printed.correction.is_none() {
            let message = format!("nothing shows what `{}` is worse than", class.word());
            let problem = Problem::new(Rule::Command, place, message);
            resolver.complain(problem.help("add the `correction`, the command to run instead"));
        }
        let is_output = |path: &str| matches!(path, "said" | "stderr" | "stdout");
        if class == Class::Broken && !step.expect.0.iter().any(|demand| is_output(&demand.path)) {
            let problem = Problem::new(Rule::Command, place, "it may be broken for any reason");
            resolver.complain(problem.help("expect of `stderr` what it complains about"));
        }
        let runs = if printed.correction.is_some() { 2 } else { 1 };
        if printed.timeout * runs > step.timeout {
            let place = node.nearest(&["command", "timeout"]).place;
            let problem = Problem::new(Rule::Timeout, place, "the step is cut off before its commands are");
            resolver.complain(problem.help("raise the `timeout` of the step, or lower that of the command"));
        }
    }

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Observes
    }

    fn effects(&self, _: &Participants) -> Effects {
        let mut effects = Effects::of_process(Process::Console);
        if self.0.undo.is_some() {
            effects.change(Change::Arbitrary(self.0.text.clone()));
        }
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::everything()
    }
}

/// The class that the step expects; `None` when it expects none that a command may have, which is reported.
fn expected_class(step: &Step, list: &Node, resolver: &mut Resolver<'_>) -> Option<Class> {
    let demanded = step.expect.0.iter().find(|demand| demand.path == "class").map(|demand| &demand.matcher);
    let Some(Matcher::Equals { value }) = demanded else {
        let problem = Problem::new(Rule::Command, list.place, "no class is expected of this command");
        resolver.complain(problem.help("write `class: works`, `misleads` or `broken` under `expect`"));
        return None;
    };
    let word = value.as_str().unwrap_or_default();
    let expected = Class::ALL.into_iter().find(|class| class.word() == word && *class != Class::Unproven);
    if expected.is_none() {
        let place = list.nearest(&["class"]).place;
        let problem = Problem::new(Rule::Command, place, format!("no command can be expected to be `{word}`"));
        let words = Class::ALL.map(Class::word);
        resolver.complain(match nearest(word, words.into_iter().filter(|word| *word != "unproven")) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("one of works, misleads, broken"),
        });
    }
    expected
}
