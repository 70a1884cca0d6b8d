//! `rules`: a rule file to check, or tests of rule files. The tests are read here, so that a missing one is reported before a run.

use std::path::Path;

use super::Resolver;
use crate::{
    scenario::{
        model::RuleFault,
        raw,
        rule_tests::{self, RuleTest, RuleTestCase, Rules},
    },
    yaml::{Node, Place, Problem, Rule, nearest},
};

pub(super) fn read(resolver: &mut Resolver<'_>, raw: raw::Rules, node: &Node) -> Option<Rules> {
    let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
    match (raw.check, raw.test) {
        (Some(file), None) => {
            if let Some(key) = ["files", "tests"].iter().find_map(|key| node.key(key)) {
                let problem = Problem::new(Rule::Rules, key.place, format!("`{}` belongs to `test`", key.text));
                resolver.complain(problem.help("`check` is about one rule file"));
            }
            rule_file(resolver, &file, node.nearest(&["check"]).place);
            Some(Rules::Check(file))
        }
        (None, Some(file)) => test(resolver, file, raw.files, &raw.tests, node).map(Rules::Test),
        _ => {
            let problem = Problem::new(Rule::Rules, place, "rules are checked or tested: one of them per step");
            resolver.complain(problem.help("keep exactly one of `check` and `test`"));
            None
        }
    }
}

/// A fact about a test that the step does not run would never exist.
pub(super) fn known_tests(resolver: &mut Resolver<'_>, expect: &Node, rules: &Rules) {
    let Rules::Test(test) = rules else { return };
    for (key, _) in expect.entries() {
        let mut words = key.text.split('.');
        let (Some("tests"), Some(name)) = (words.next(), words.next()) else { continue };
        let is_place = matches!(name, "#" | "*") || name.chars().all(|letter| letter.is_ascii_digit());
        if !is_place && !test.tests.iter().any(|test| test.name == name) {
            unknown(resolver, name, key.place, &test.file, &test.tests);
        }
    }
}

/// A fault of a rule names the rule and what is changed about it.
pub(super) fn misconfigured(resolver: &mut Resolver<'_>, wanted: &RuleFault, node: &Node) {
    rule_file(resolver, &wanted.file, node.nearest(&["file"]).place);
    if wanted.is_empty() {
        let problem = Problem::new(Rule::Empty, node.place, format!("nothing about `{}` is changed", wanted.alert));
        resolver.complain(problem.help("write what: `expr: {replace: …, by: …}`, `merge: {for: 1h}`, or `gone: true`"));
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
        rule_file(resolver, rules, item.place);
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
fn rule_file(resolver: &mut Resolver<'_>, file: &str, place: Place) {
    let inside = file.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if !inside || !file.contains('/') {
        let problem = Problem::new(Rule::Rules, place, format!("`{file}` is no file of an infrastructure tree"));
        resolver.complain(problem.help("write `mtls/monitoring/rules/…`: the tree, and the path below it"));
    }
}

/// The end of the names of files with rule tests, which are no scenarios.
pub(in crate::scenario) const SUFFIX: &str = ".test.yaml";
