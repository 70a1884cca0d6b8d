//! The scenario of alert rules: every step has a sabotage, and a test file that is run by hand tests the same rules.
//!
//! That the sabotages work is shown by `cargo xtask prove --env loopback --only alerts/arithmetic`.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::{Path, PathBuf},
};

use harness::stack::{Sources, promtool};
use mtls_core::scenario::{self, model::Scenario};

const SEED: &str = "mtls/monitoring/rules/seed.rules.yaml";

#[tokio::test]
async fn problems_of_a_rule_file_are_reported() {
    if promtool::version().is_none() {
        return not_run("the check of a wrong rule file");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.rules.yaml");
    std::fs::write(&file, "groups:\n- name: a\n  rules:\n  - {alert: A, expr: 'sum(('}\n").unwrap();
    let found = promtool::check(&file).await.unwrap();
    assert_eq!((found.groups, found.rules), (1, 1));
    assert!(found.problems.iter().any(|problem| problem.contains("could not parse expression")), "{found:?}");
    let sources = Sources::new(&root().join("fixtures/infra"), None);
    let valid = promtool::check(&sources.file(SEED).unwrap()).await.unwrap();
    assert_eq!((valid.groups, valid.rules, valid.problems), (1, 2, vec![]));
}

/// Guards included, which the linter does not count.
#[test]
fn every_step_is_turned_red_by_a_sabotage() {
    let scenario = arithmetic();
    for step in &scenario.steps {
        let red = scenario.sabotages.iter().any(|sabotage| sabotage.failing(&step.id).is_some());
        assert!(red, "{}#{} has never been seen red", scenario.id, step.id);
    }
}

/// A test file that is run by hand, with its own `rule_files`, tests the rules that the scenario tests.
#[test]
fn a_test_file_names_the_rules_that_its_steps_name() {
    let mut by_file: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for step in arithmetic().steps {
        if let Some(test) = step.action.rule_test().cloned() {
            by_file.entry(test.file).or_default().extend(test.rule_files);
        }
    }
    for (file, of) in by_file {
        let path = root().join("scenarios/alerts").join(&file);
        let text = std::fs::read_to_string(&path).unwrap();
        let named: BTreeSet<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("- ../../../fixtures/infra/"))
            .map(str::to_owned)
            .collect();
        assert_eq!(named, of, "{file}");
    }
}

fn arithmetic() -> Scenario {
    scenario::load(&root().join("scenarios/alerts/arithmetic.yaml"), &root().join("scenarios")).unwrap()
}

/// Reports that a test was not run: a silent test would look like a pass.
fn not_run(what: &str) {
    let line = format!(
        "not run: promtool is not installed, so nothing is known of {what}; `cargo xtask provision` installs it"
    );
    // Written to the handle, because the test runner hides what the macros print in a passing test.
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
