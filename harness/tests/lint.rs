//! Every rule has a wrong scenario that breaks it, and a message that helps.
//!
//! `lint/<rule>.yaml`, or `lint/case-files/cases/<rule>.yaml` for rules about case files, must break the rule it is called after;
//! what an author then reads is a snapshot.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use harness::scenario::{self, yaml::Rule};

#[test]
fn every_wrong_scenario_is_refused_with_its_message() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("lint/messages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in wrong_scenarios() {
        let rule = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let error = scenario::load(&path, &root()).expect_err(&rule);
        let broken: BTreeSet<_> = error.problems().iter().map(|problem| problem.rule.word()).collect();
        assert!(broken.contains(rule.as_str()), "{rule}.yaml breaks {broken:?}");
        settings.bind(|| insta::assert_snapshot!(rule, error.render()));
    }
}

#[test]
fn every_wrong_case_file_is_refused_with_its_message() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("lint/messages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in wrong_case_files() {
        let rule = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let known = ["PKI-01".to_owned(), "PKI-07".to_owned()].into();
        let error = scenario::cases::load(&root().join("case-files"), &rule, &known).expect_err(&rule);
        let broken: BTreeSet<_> = error.problems().iter().map(|problem| problem.rule.word()).collect();
        assert!(broken.contains(rule.as_str()), "{rule}.yaml breaks {broken:?}");
        settings.bind(|| insta::assert_snapshot!(rule, error.render()));
    }
}

#[test]
fn every_rule_has_its_wrong_scenario() {
    let tested: BTreeSet<_> = wrong_scenarios()
        .iter()
        .chain(&wrong_case_files())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let rules = Rule::ALL.iter().map(|rule| rule.word().to_owned()).collect();
    assert_eq!(tested, rules);
}

fn wrong_scenarios() -> Vec<PathBuf> {
    files(&root())
}

fn wrong_case_files() -> Vec<PathBuf> {
    files(&root().join("case-files/cases"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "yaml"))
        .filter(|path| path.file_name().is_some_and(|name| name != "requirements.yaml"))
        .collect();
    files.sort();
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint")
}
