//! `rules`: a rule file to check, or stories to test rule files against. The stories are read here, so that a run cannot
//! find out too late that there are none.

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
            if let Some(key) = ["of", "stories"].iter().find_map(|key| node.key(key)) {
                let problem = Problem::new(Rule::Rules, key.place, format!("`{}` belongs to `test`", key.text));
                resolver.complain(problem.help("`check` is about one rule file"));
            }
            rule_file(resolver, &file, node.nearest(&["check"]).place);
            Some(Rules::Check(file))
        }
        (None, Some(file)) => test(resolver, file, raw.of, &raw.stories, node).map(Rules::Test),
        _ => {
            let problem = Problem::new(Rule::Rules, place, "rules are checked or tested: one of them per step");
            resolver.complain(problem.help("keep exactly one of `check` and `test`"));
            None
        }
    }
}

/// A fact about a story that the step does not run would be missing for ever.
pub(super) fn known_stories(resolver: &mut Resolver<'_>, expect: &Node, rules: &Rules) {
    let Rules::Test(test) = rules else { return };
    for (key, _) in expect.entries() {
        let mut words = key.text.split('.');
        let (Some("tests"), Some(name)) = (words.next(), words.next()) else { continue };
        let is_place = matches!(name, "#" | "*") || name.chars().all(|letter| letter.is_ascii_digit());
        if !is_place && !test.stories.iter().any(|story| story.name == name) {
            unknown(resolver, name, key.place, &test.file, &test.stories);
        }
    }
}

/// A rule that is to be made wrong has to be named, and the wrong to be said.
pub(super) fn weakened(resolver: &mut Resolver<'_>, wanted: &RuleFault, node: &Node) {
    rule_file(resolver, &wanted.file, node.nearest(&["file"]).place);
    if wanted.is_empty() {
        let problem = Problem::new(Rule::Empty, node.place, format!("nothing about `{}` is changed", wanted.alert));
        resolver.complain(problem.help("say what: `expr: {replace: …, by: …}`, `merge: {for: 1h}`, or `gone: true`"));
    }
}

fn test(resolver: &mut Resolver<'_>, file: String, of: Vec<String>, only: &[String], node: &Node) -> Option<RuleTest> {
    let list = node.nearest(&["of"]);
    if of.is_empty() {
        let problem = Problem::new(Rule::Rules, list.place, "stories about no rules at all");
        resolver.complain(problem.help("name the rule files in `of: [mtls/monitoring/rules/…]`"));
    }
    for (rules, item) in of.iter().zip(list.items()) {
        rule_file(resolver, rules, item.place);
    }
    let place = node.nearest(&["test"]).place;
    let folder = resolver.setting.folder.unwrap_or(Path::new("."));
    let mut stories = match rule_tests::read(&folder.join(&file)) {
        Ok(stories) => stories,
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
    for (name, item) in only.iter().zip(node.nearest(&["stories"]).items()) {
        if !stories.iter().any(|story| story.name == *name) {
            unknown(resolver, name, item.place, &file, &stories);
        }
    }
    if !only.is_empty() {
        stories.retain(|story| only.contains(&story.name));
    }
    Some(RuleTest { file, of, stories })
}

fn unknown(resolver: &mut Resolver<'_>, name: &str, place: Place, file: &str, stories: &[RuleTestCase]) {
    let problem = Problem::new(Rule::Rules, place, format!("`{file}` tells no story `{name}` to this step"));
    let names = stories.iter().map(|story| story.name.as_str());
    resolver.complain(match nearest(name, names.clone()) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!("its stories: {}", names.collect::<Vec<_>>().join(", "))),
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

/// What tells files of rule tests from scenarios.
pub(in crate::scenario) const SUFFIX: &str = ".test.yaml";
