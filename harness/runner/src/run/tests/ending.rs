//! How a scenario ends that does not run to its end: interrupted, or over its budget.

use std::time::Duration;

use mtls_core::verdict::{Exit, Verdict};

use super::{Answer, Rehearsal, Stop, look, verdict_of};

/// Makes two changes, of which a test lets the second hang, and looks.
fn two_changes() -> String {
    format!(
        "steps:
- patch:
    target: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: one}}
    merge: {{data: {{mode: PERMISSIVE}}}}
- patch:
    target: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: two}}
    merge: {{data: {{mode: PERMISSIVE}}}}
- wait: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: two}}
  expect: {{data.mode: PERMISSIVE}}
{}",
        look("three")
    )
}

const HANGING: &str = "patch ConfigMap n/two";

fn is_a_verdict_on_the_product(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Fail | Verdict::Finding)
}

#[tokio::test]
async fn an_interrupt_in_a_step_undoes_the_changes_and_is_no_verdict() {
    let (changing, looking) = (two_changes(), format!("steps:\n{}", look("one")));
    let rehearsal = Rehearsal::of(&[("changes", "cluster", &changing), ("later", "cluster", &looking)]);
    rehearsal.fake.answer(HANGING, Answer::Hangs);
    let (ask, stop) = Stop::on_request();
    let interrupt = async {
        rehearsal.until_seen(HANGING).await;
        ask.send_replace(true);
    };
    let (judgement, ()) = tokio::join!(rehearsal.run(&stop), interrupt);
    // The hanging change was announced, so it may have been made: it is undone as well.
    assert_eq!(
        rehearsal.lines_of(&["start", "end", "undo "]),
        [
            "start test/changes",
            "undo ConfigMap n/two",
            "undo ConfigMap n/one",
            "end test/changes, interrupted",
            "end test/later, interrupted",
        ]
    );
    for name in ["changes", "later"] {
        assert_eq!(verdict_of(&judgement, name).verdict, Verdict::Broken, "{name}");
    }
    assert!(!judgement.checks.iter().any(|check| is_a_verdict_on_the_product(check.verdict)), "{:?}", judgement.checks);
    assert_eq!(judgement.exit, Exit::Interrupted);
}

#[tokio::test]
async fn a_scenario_over_its_budget_is_undone_and_is_no_verdict() {
    let (changing, looking) = (two_changes(), format!("steps:\n{}", look("one")));
    let mut rehearsal = Rehearsal::of(&[("changes", "cluster", &changing), ("later", "cluster", &looking)]);
    rehearsal.fake.answer(HANGING, Answer::Hangs);
    rehearsal.scenarios[0].needs.budget = Duration::from_millis(30);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(
        rehearsal.lines_of(&["start", "end", "undo "]),
        [
            "start test/changes",
            "undo ConfigMap n/two",
            "undo ConfigMap n/one",
            "end test/changes, over budget: not finished within its budget of 30ms",
            "start test/later",
            "end test/later",
        ]
    );
    assert_eq!(verdict_of(&judgement, "changes").verdict, Verdict::Broken);
    // The budget of one scenario is not that of the next.
    assert_eq!(verdict_of(&judgement, "later").verdict, Verdict::Pass);
    let unseen = judgement.checks.iter().find(|check| check.id.starts_with("test/changes")).unwrap();
    assert!(!is_a_verdict_on_the_product(unseen.verdict), "{unseen:?}");
    assert!(judgement.over_budget);
}
