//! `rules`: a rule file to check, or tests of rule files. The tests are read here, so that a missing one is reported before a run.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Action, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb, effects::Effects,
};
use crate::{
    scenario::{
        resolver::Resolver,
        rule_tests::{self, RuleTest, RuleTestCase, Rules},
    },
    yaml::{Node, Place, Problem, Rule, nearest},
};

/// The end of the names of files with rule tests, which are no scenarios.
pub(in crate::scenario) const SUFFIX: &str = ".test.yaml";

#[derive(Clone, Debug, Serialize)]
pub struct RulesSpec(pub Rules);

/// Alert rules without a cluster: one file checked, or several tested. Rule files are named by tree and path, such as
/// `mtls/monitoring/rules/corrected.rules.yaml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct WrittenRules {
    /// Rule file whose syntax is checked.
    check: Option<String>,
    /// File of rule tests, relative to the scenario: `<name>.test.yaml`.
    test: Option<String>,
    /// Rule files that are tested, in the place of the file's own `rule_files`.
    #[serde(default)]
    files: Vec<String>,
    /// Names of the tests to run; default: every test of the file.
    #[serde(default)]
    tests: Vec<String>,
}

impl Verb for RulesSpec {
    const ABOUT: About = About {
        usage: "rules: {check: file} | {test: file, files: [rule files], tests: [names]}",
        does: "checks the syntax of a rule file of an infrastructure tree, or runs rule unit tests (below), without a cluster",
        shows: "of `check` `groups`, `rules`, `problems`, `changed` (alerts whose rule is not the tree's); of `test` `passed`, `assertions`, `failed`, `tests.<test>.passed`, `.assertions`, `.message`",
        facts: Facts::of(&["groups", "rules", "problems", "changed", "passed", "assertions", "failed", "tests"]),
        quantifiers: Quantifiers::All,
        repeats: Repeats::ByItself,
    };

    type Written = WrittenRules;

    fn resolve(written: WrittenRules, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
        match (written.check, written.test) {
            (Some(file), None) => {
                if let Some(key) = ["files", "tests"].iter().find_map(|key| node.key(key)) {
                    let problem = Problem::new(Rule::Rules, key.place, format!("`{}` belongs to `test`", key.text));
                    resolver.complain(problem.help("`check` is about one rule file"));
                }
                rule_file(&file, node.nearest(&["check"]).place, resolver);
                Some(Self(Rules::Check(file)))
            }
            (None, Some(file)) => {
                let test = test(resolver, file, written.files, &written.tests, node);
                test.map(|test| Self(Rules::Test(test)))
            }
            _ => {
                let problem = Problem::new(Rule::Rules, place, "rules are checked or tested: one of them per step");
                resolver.complain(problem.help("keep exactly one of `check` and `test`"));
                None
            }
        }
    }

    /// A fact about a test that the step does not run would never exist.
    fn check(&self, _: &Step, node: &Node, resolver: &mut Resolver<'_>) {
        let (Some(test), Some(expect)) = (self.test(), node.get("expect")) else { return };
        for (key, _) in expect.entries() {
            let mut words = key.text.split('.');
            let (Some("tests"), Some(name)) = (words.next(), words.next()) else { continue };
            let is_place = matches!(name, "#" | "*") || name.chars().all(|letter| letter.is_ascii_digit());
            if !is_place && !test.tests.iter().any(|test| test.name == name) {
                unknown(resolver, name, key.place, &test.file, &test.tests);
            }
        }
    }

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Observes
    }

    /// Rules are read from files.
    fn effects(&self, _: &Participants) -> Effects {
        Effects::default()
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::nothing()
    }
}

impl RulesSpec {
    fn test(&self) -> Option<&RuleTest> {
        match &self.0 {
            Rules::Check(_) => None,
            Rules::Test(test) => Some(test),
        }
    }
}

impl Action {
    /// The file of rule tests that it runs.
    pub fn rule_test(&self) -> Option<&RuleTest> {
        if let Self::Rules(spec) = self { spec.test() } else { None }
    }
}

fn test(
    resolver: &mut Resolver<'_>,
    file: String,
    rule_files: Vec<String>,
    only: &[String],
    node: &Node,
) -> Option<RuleTest> {
    let list = node.nearest(&["files"]);
    if rule_files.is_empty() {
        let problem = Problem::new(Rule::Rules, list.place, "tests of no rules at all");
        resolver.complain(problem.help("name the rule files in `files: [mtls/monitoring/rules/…]`"));
    }
    for (rules, item) in rule_files.iter().zip(list.items()) {
        rule_file(rules, item.place, resolver);
    }
    let place = node.nearest(&["test"]).place;
    let folder = resolver.setting.folder.unwrap_or(Path::new("."));
    let mut tests = match rule_tests::read(&folder.join(&file)) {
        Ok(tests) => tests,
        Err(error) => {
            let problem = Problem::new(Rule::Rules, place, format!("`{file}` is of no use: {error}"));
            resolver.complain(problem.help("the path is relative to this scenario; the name ends in `.test.yaml`"));
            return None;
        }
    };
    if !file.ends_with(SUFFIX) {
        let problem = Problem::new(Rule::Rules, place, format!("`{file}` does not end in `{SUFFIX}`"));
        resolver.complain(problem.help("otherwise it would be taken for a scenario"));
    }
    for (name, item) in only.iter().zip(node.nearest(&["tests"]).items()) {
        if !tests.iter().any(|test| test.name == *name) {
            unknown(resolver, name, item.place, &file, &tests);
        }
    }
    if !only.is_empty() {
        tests.retain(|test| only.contains(&test.name));
    }
    Some(RuleTest { file, rule_files, tests })
}

fn unknown(resolver: &mut Resolver<'_>, name: &str, place: Place, file: &str, tests: &[RuleTestCase]) {
    let problem = Problem::new(Rule::Rules, place, format!("`{file}` has no test `{name}` that this step runs"));
    let names = tests.iter().map(|test| test.name.as_str());
    resolver.complain(match nearest(name, names.clone()) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!("its tests: {}", names.collect::<Vec<_>>().join(", "))),
    });
}

/// Rule files are those of the infrastructure trees, so that `--infra` reaches them and nothing else is read.
pub(super) fn rule_file(file: &str, place: Place, resolver: &mut Resolver<'_>) {
    let inside = file.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if !inside || !file.contains('/') {
        let problem = Problem::new(Rule::Rules, place, format!("`{file}` is no file of an infrastructure tree"));
        resolver.complain(problem.help("write `mtls/monitoring/rules/…`: the tree, and the path below it"));
    }
}
