//! Several runs of the same plan: a check with two verdicts is named, and no number of green runs compensates it.

use mtls_core::{
    evidence::event::{Entry, RunStatus},
    report::{runs_summary, runs_table},
    verdict::{Exit, Repeated, deviations, judge},
};
use serde_json::json;

use super::{
    builder::Run,
    healthy,
    plan::{self, GRID},
};

const PLAIN: &str = "strict/enforcement-grid#production.plain.tcp";

/// A run of the grid in which one attempt of one cell has this outcome.
fn run(outcome: Option<&str>) -> Vec<Entry> {
    let mut run = Run::planned("20261124T101500-again", plan::only(&[GRID]));
    healthy::grid(&mut run, &|check, attempt| {
        let outcome = outcome.filter(|_| check == "production.plain.tcp" && attempt == 2)?;
        Some(json!({"outcome": outcome, "server": {"saw": {"requests": 0}}}))
    });
    run.finish(RunStatus::Complete)
}

fn repeated(outcomes: &[Option<&str>]) -> Repeated {
    let judgements: Vec<_> = outcomes.iter().map(|outcome| judge(&run(*outcome))).collect();
    Repeated::of(&judgements)
}

#[test]
fn the_same_answer_every_time_is_not_flaky() {
    let three = repeated(&[None, None, None]);
    assert_eq!((three.flaky().count(), three.exit), (0, Exit::Conformant));
    assert!(runs_table(&three).contains("3 runs of 16 checks: none flaky"));
    let red = repeated(&[Some("established"), Some("established")]);
    assert_eq!((red.flaky().count(), red.exit), (0, Exit::ProductFailed));
}

#[test]
fn two_answers_are_flaky_named_and_never_green() {
    for (outcome, exit) in [("established", Exit::ProductFailed), ("hang", Exit::NothingProven)] {
        let repeated_runs = repeated(&[None, Some(outcome), None]);
        assert_eq!(repeated_runs.flaky().map(|check| check.id.as_str()).collect::<Vec<_>>(), [PLAIN], "{outcome}");
        assert_eq!(repeated_runs.exit, exit, "{outcome}");
        let (table, summary) = (runs_table(&repeated_runs), runs_summary(&repeated_runs));
        assert!(table.contains("1 flaky") && table.contains(&format!("≠ {PLAIN}")), "{table}");
        assert!(table.contains("pass ×2"), "{table}");
        assert!(summary.contains("**flaky**") && summary.contains(PLAIN), "{summary}");
    }
}

#[test]
fn green_answers_that_differ_prove_nothing() {
    let (first, mut second) = (judge(&run(None)), judge(&run(None)));
    second.checks[3].verdict = mtls_core::verdict::Verdict::NotApplicable;
    let repeated_runs = Repeated::of(&[first, second]);
    assert_eq!((repeated_runs.flaky().count(), repeated_runs.exit), (1, Exit::NothingProven));
}

#[test]
fn a_hunt_ends_where_something_is_not_as_it_should_be_or_not_as_before() {
    let (green, red) = (judge(&run(None)), judge(&run(Some("established"))));
    assert!(deviations(&green, &green).is_empty());
    assert!(deviations(&green, &red)[0].starts_with(PLAIN));
    assert_eq!(deviations(&red, &red).len(), 1);
    assert_eq!(deviations(&red, &green).len(), 1);
}

#[test]
fn runs_end_as_the_one_with_the_worst_news() {
    let of = |exits: &[Exit]| Exit::of_runs(exits.iter().copied());
    assert_eq!(of(&[Exit::Conformant, Exit::Broken, Exit::NothingProven]), Exit::Broken);
    assert_eq!(of(&[Exit::Broken, Exit::ProductFailed]), Exit::ProductFailed);
    assert_eq!(of(&[Exit::ProductFailed, Exit::Interrupted]), Exit::Interrupted);
    assert_eq!(of(&[]), Exit::NothingProven);
}
