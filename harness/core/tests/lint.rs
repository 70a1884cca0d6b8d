//! Every rule has an invalid sample that breaks it, and a helpful message.
//!
//! `lint/<rule>.yaml` (or `lint/<rule>.<variant>.yaml`), or `lint/case-files/cases/<rule>.yaml` for rules about case
//! files, must break the rule in its name; so must the infrastructure trees `lint/trees/<rule>` and files of waivers. Snapshots hold the
//! messages.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

#[path = "lint/sarif.rs"]
mod sarif;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use mtls_core::{
    catalogue,
    evidence::plan::Level,
    scenario::{self, ScenarioError},
    yaml::Rule,
};

#[test]
fn every_wrong_scenario_is_refused_with_its_message() {
    for path in wrong_scenarios() {
        let (name, rule) = named(&path);
        let error = scenario::load(&path, &root()).expect_err(&name);
        let broken: BTreeSet<_> = error.problems().iter().map(|problem| problem.rule.word()).collect();
        assert!(broken.contains(rule.as_str()), "{name}.yaml breaks {broken:?}");
        settings().bind(|| insta::assert_snapshot!(name, error.render()));
    }
}

#[test]
fn every_wrong_case_file_is_refused_with_its_message() {
    for path in wrong_case_files() {
        let rule = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let known = [("PKI-01".to_owned(), Level::Core), ("PKI-28".to_owned(), Level::Hardening)].into();
        let error = scenario::cases::load(&root().join("case-files"), &rule, &known).expect_err(&rule);
        let broken: BTreeSet<_> = error.problems().iter().map(|problem| problem.rule.word()).collect();
        assert!(broken.contains(rule.as_str()), "{rule}.yaml breaks {broken:?}");
        settings().bind(|| insta::assert_snapshot!(rule, error.render()));
    }
}

#[test]
fn every_wrong_file_of_waivers_is_refused_with_its_message() {
    for path in wrong_waivers() {
        let (name, rule) = named(&path);
        let error: ScenarioError = catalogue::load_waivers(&path).expect_err(&name).into();
        let broken: BTreeSet<_> = error.problems().iter().map(|problem| problem.rule.word()).collect();
        assert_eq!(broken, BTreeSet::from([rule.as_str()]), "{name}");
        let text = error.render().replace(&root().display().to_string(), "lint");
        settings().bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn every_wrong_tree_is_refused_with_its_message() {
    for path in wrong_trees() {
        let (name, rule) = named(&path);
        let errors = scenario::trees::lint(&path).expect_err(&name);
        let broken: BTreeSet<_> =
            errors.iter().flat_map(ScenarioError::problems).map(|problem| problem.rule.word()).collect();
        assert_eq!(broken, BTreeSet::from([rule.as_str()]), "{name}");
        let text: String = errors.iter().map(ScenarioError::render).collect();
        settings().bind(|| insta::assert_snapshot!(format!("tree.{name}"), text));
    }
}

/// Each of the two scenarios is valid alone; together, one of them is always red.
#[test]
fn scenarios_that_contradict_each_other_are_refused() {
    let errors = scenario::load_all(&root().join("opposed")).unwrap_err();
    let text: String = errors.iter().map(ScenarioError::render).collect();
    settings().bind(|| insta::assert_snapshot!("opposed", text));
}

#[test]
fn a_directory_of_a_team_stands_beside_the_shipped_one() {
    let layers = root().join("layers");
    // Twice, and the shipped one once more: each is read once.
    let own = ["team", "team", "shipped"].map(|name| layers.join(name));
    let loaded = scenario::load_layers(&layers.join("shipped"), &own).unwrap();
    let ids: Vec<&str> = loaded.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    assert_eq!(ids, ["strict/closed", "payments/declared"]);
    let team = &loaded.scenarios[1];
    let uses: Vec<_> = team.sabotages.iter().map(|sabotage| sabotage.change.library.as_deref()).collect();
    assert_eq!(uses, [Some("permissive"), Some("disabled")]);
    assert_eq!(team.file, layers.join("team/payments/declared.yaml"));
    assert_eq!(loaded.catalogue.requirements.len(), 2);
    assert_eq!(loaded.library.entries().map(|(name, _)| name).collect::<Vec<_>>(), ["disabled", "permissive"]);
}

#[test]
fn a_directory_that_changes_the_shipped_one_is_refused() {
    let layers = root().join("layers");
    for name in ["double", "twice", "redefines", "stray", "missing"] {
        let errors = scenario::load_layers(&layers.join("shipped"), &[layers.join(name)]).expect_err(name);
        let text: String = errors.iter().map(ScenarioError::render).collect();
        let text = text.replace(&format!("{}/", layers.display()), "");
        settings().bind(|| insta::assert_snapshot!(format!("layers.{name}"), text));
    }
}

#[test]
fn what_scenarios_leave_open_is_listed() {
    let catalogue = catalogue::load(&root().join("gaps/requirements.yaml")).unwrap();
    let scenarios = scenario::load_all(&root().join("gaps")).unwrap();
    let gaps = scenario::gaps(&scenarios, &catalogue);
    let expected = BTreeMap::from([("area/half".to_owned(), vec!["grid.injected.http".to_owned()])]);
    assert_eq!(gaps.without_sabotage, expected);
    assert_eq!(gaps.without_scenario, ["PKI-02"]);
}

#[test]
fn every_rule_has_its_wrong_scenario() {
    let wrong = [wrong_scenarios(), wrong_case_files(), wrong_trees(), wrong_waivers()];
    let tested: BTreeSet<_> = wrong.iter().flatten().map(|path| named(path).1).collect();
    let rules = Rule::ALL.iter().map(|rule| rule.word().to_owned()).collect();
    assert_eq!(tested, rules);
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("lint/messages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// The name of an invalid file, and the rule that it must break.
fn named(path: &Path) -> (String, String) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    (name.to_owned(), name.split('.').next().unwrap().to_owned())
}

fn wrong_scenarios() -> Vec<PathBuf> {
    files(&root())
}

fn wrong_case_files() -> Vec<PathBuf> {
    files(&root().join("case-files/cases"))
}

fn wrong_waivers() -> Vec<PathBuf> {
    files(&root().join("waivers"))
}

fn wrong_trees() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root().join("trees")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
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
