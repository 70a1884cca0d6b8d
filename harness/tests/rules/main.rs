//! The stories about alert rules can fail: each is told about a rule that was spoilt for it.
//!
//! The rules and the stories are the shipped ones. A rule is spoilt by one replacement in a copy of its file; whichever steps
//! of `alerts/arithmetic` fail then must be those that the table names, no more and no fewer.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

mod sabotages;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::{Path, PathBuf},
};

use futures::{StreamExt, stream};
use harness::{
    scenario::{
        self,
        model::{Action, Scenario},
        stories::{RuleTest, Rules, Story},
    },
    stack::{Sources, promtool},
};
use serde_json::Value;

use sabotages::{SABOTAGES, SEED, Sabotage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spoilt_rule_fails_its_story_and_no_other() {
    let Some(tests) = tests_if_they_can_run("which story finds which spoilt rule") else { return };
    let mut wrong = Vec::new();
    for sabotage in SABOTAGES {
        let spoilt = Spoilt::new(sabotage);
        let concerned = tests.iter().map(|(step, test)| {
            let mut test = test.clone();
            test.stories.retain(|story| spoilt.concerns(story));
            (step.clone(), test)
        });
        let failed = failing(concerned, |file| spoilt.path(file)).await;
        let expected: BTreeSet<String> = sabotage.fails.iter().map(|step| (*step).to_owned()).collect();
        if failed != expected {
            wrong.push(format!("{}: expected {expected:?} to fail, saw {failed:?}", sabotage.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_as_they_are_pass_every_story() {
    let Some(tests) = tests_if_they_can_run("the stories of alerts/arithmetic") else { return };
    assert_eq!(failing(tests.into_iter(), |file| sources().file(file).unwrap()).await, BTreeSet::new());
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_file_is_said() {
    if promtool::version().is_none() {
        return not_run("the check of a wrong rule file");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.rules.yaml");
    std::fs::write(&file, "groups:\n- name: a\n  rules:\n  - {alert: A, expr: 'sum(('}\n").unwrap();
    let found = promtool::check(&file).await.unwrap();
    assert_eq!((found.groups, found.rules), (1, 1));
    assert!(found.problems.iter().any(|problem| problem.contains("could not parse expression")), "{found:?}");
    let sound = promtool::check(&sources().file(SEED).unwrap()).await.unwrap();
    assert_eq!((sound.groups, sound.rules, sound.problems), (1, 2, vec![]));
}

/// No spoilt rule without a story, and no story that nothing has ever failed.
#[test]
fn every_step_has_been_seen_failing() {
    let spoilt: BTreeSet<String> =
        SABOTAGES.iter().flat_map(|sabotage| sabotage.fails).map(|step| (*step).to_owned()).collect();
    let steps: BTreeSet<String> = tests().into_keys().collect();
    assert_eq!(steps.difference(&spoilt).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(spoilt.difference(&steps).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Whoever runs a test file by hand, with its own `rule_files`, runs what the scenario runs.
#[test]
fn a_test_file_names_the_rules_that_its_steps_name() {
    let mut by_file: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for test in tests().into_values() {
        by_file.entry(test.file).or_default().extend(test.of);
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

/// Steps of `alerts/arithmetic` that tell stories.
fn tests() -> BTreeMap<String, RuleTest> {
    let scenario: Scenario =
        scenario::load(&root().join("scenarios/alerts/arithmetic.yaml"), &root().join("scenarios")).unwrap();
    let tests = scenario.steps.into_iter().filter_map(|step| match step.action {
        Action::Rules(Rules::Test(test)) => Some((step.id, test)),
        _ => None,
    });
    tests.collect()
}

fn tests_if_they_can_run(what: &str) -> Option<BTreeMap<String, RuleTest>> {
    if promtool::version().is_some() {
        return Some(tests());
    }
    not_run(what);
    None
}

/// A test that says nothing looks as if it had passed.
fn not_run(what: &str) {
    let line = format!(
        "not run: promtool is not installed, so nothing is known of {what}; `cargo xtask provision` installs it"
    );
    // The handle, because the test runner keeps what macros print of a test that does not fail.
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
}

/// Steps with a story that fails.
async fn failing(tests: impl Iterator<Item = (String, RuleTest)>, path: impl Fn(&str) -> PathBuf) -> BTreeSet<String> {
    let steps = stream::iter(tests).map(async |(step, test)| {
        let files: Vec<PathBuf> = test.of.iter().map(|file| path(file)).collect();
        let told = promtool::test(&test.stories, &files).await.unwrap();
        told.iter().any(|story| !story.passed).then_some(step)
    });
    steps.buffer_unordered(2).filter_map(async |failed| failed).collect().await
}

/// A copy of a rule file with the one change.
struct Spoilt {
    folder: tempfile::TempDir,
    file: &'static str,
    /// Alerts whose rules the change reaches.
    alerts: BTreeSet<String>,
}

impl Spoilt {
    fn new(sabotage: &Sabotage) -> Self {
        let text = std::fs::read_to_string(sources().file(sabotage.file).unwrap()).unwrap();
        let (from, to) = sabotage.change;
        assert!(text.contains(from), "{}: the rules no longer say `{from}`", sabotage.what);
        let spoilt = text.replace(from, to);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spoilt.rules.yaml"), &spoilt).unwrap();
        let (before, after) = (rules(&text), rules(&spoilt));
        let alerts = before.into_iter().filter(|(name, rule)| after.get(name) != Some(rule)).map(|(name, _)| name);
        Self { folder, file: sabotage.file, alerts: alerts.collect() }
    }

    /// A story that asks for other alerts by name cannot notice. Leaving those out saves most of the time.
    fn concerns(&self, story: &Story) -> bool {
        let text = Value::Object(story.document.clone()).to_string();
        let patterns: Vec<&str> =
            text.split("alertname=~\\\"").skip(1).filter_map(|rest| rest.split("\\\"").next()).collect();
        text.contains("ALERTS{alertstate")
            || self
                .alerts
                .iter()
                .any(|alert| text.contains(alert) || patterns.iter().any(|pattern| matches(pattern, alert)))
    }

    fn path(&self, file: &str) -> PathBuf {
        if file == self.file { self.folder.path().join("spoilt.rules.yaml") } else { sources().file(file).unwrap() }
    }
}

/// Whether one of the alternatives of a pattern, with `.+` at one of its ends, is the name.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.split('|').any(|part| match (part.strip_prefix(".+"), part.strip_suffix(".+")) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(start)) => name.starts_with(start),
        (None, None) => name == part,
    })
}

/// The rules of a file by the names of their alerts.
fn rules(text: &str) -> BTreeMap<String, Value> {
    let file: Value = serde_saphyr::from_str(text).unwrap();
    let groups = file["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    rules.map(|rule| (rule["alert"].as_str().unwrap().to_owned(), rule.clone())).collect()
}

fn sources() -> Sources {
    Sources::new(&root().join("fixtures/infra"), None)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}
