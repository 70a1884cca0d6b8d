//! What is undone, in which order, and what happens when it cannot be.

use mtls_core::verdict::Verdict;
use mtls_kubernetes::Reference;

use super::{Answer, Rehearsal, Stop, look, verdict_of};
use crate::run::repair::{pending, repair};

/// Creates `made`, patches `one`, deletes `two`, and looks at `three`.
fn changing() -> String {
    format!(
        "steps:
- apply:
    objects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{namespace: n, name: made}}, data: {{mode: STRICT}}}}]
- patch:
    target: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: one}}
    merge: {{data: {{mode: PERMISSIVE}}}}
- delete: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: two}}
- wait: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: one}}
  expect: {{data.mode: PERMISSIVE}}
{}",
        look("three")
    )
}

fn object(name: &str) -> Reference {
    Reference::new("v1", "ConfigMap", Some("n"), name)
}

#[tokio::test]
async fn a_change_is_announced_before_it_is_made_and_undone_in_reverse_order() {
    let changing = changing();
    let rehearsal = Rehearsal::of(&[("changes", "cluster", &changing)]);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(
        rehearsal.lines(),
        [
            "start test/changes",
            "write journal",
            "announce steps-1: delete ConfigMap n/made",
            "apply ConfigMap n/made",
            "write journal",
            "announce steps-2: restore ConfigMap n/one",
            "patch ConfigMap n/one",
            "write journal",
            "announce steps-3: restore ConfigMap n/two",
            "delete ConfigMap n/two",
            "undo ConfigMap n/two",
            "undo ConfigMap n/one",
            "undo ConfigMap n/made",
            "end test/changes",
            "erase journal",
            "erase journal",
            "erase journal",
            "undone: 3",
        ]
    );
    assert_eq!(verdict_of(&judgement, "changes").verdict, Verdict::Pass);
    assert_eq!(rehearsal.fake.object(&object("made")), None);
    assert_eq!(rehearsal.fake.object(&object("one")).unwrap().data["data"]["mode"], "STRICT");
    assert!(rehearsal.fake.object(&object("two")).is_some());
}

#[tokio::test]
async fn a_change_that_cannot_be_announced_is_not_made() {
    let changing = changing();
    let rehearsal = Rehearsal::of(&[("changes", "cluster", &changing)]);
    let entry = format!("mtls-e2e-change-{}-00001", super::RUN.to_lowercase());
    rehearsal.fake.answer(&format!("apply Secret kube-system/{entry}"), Answer::Refuses);
    let judgement = rehearsal.run(&Stop::never()).await;
    let changes = rehearsal.lines_of(&["apply", "patch", "delete", "undo "]);
    assert_eq!(changes, ["apply ConfigMap n/made", "undo ConfigMap n/made"]);
    let verdict = verdict_of(&judgement, "changes");
    assert_eq!(verdict.verdict, Verdict::Broken);
    assert!(verdict.reason.contains("the journal cannot be written, so the change was not made"), "{}", verdict.reason);
}

#[tokio::test]
async fn a_change_that_fails_is_undone_as_well() {
    let changing = changing();
    let rehearsal = Rehearsal::of(&[("changes", "cluster", &changing)]);
    rehearsal.fake.answer("patch ConfigMap n/one", Answer::Refuses);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(rehearsal.lines_of(&["undo "]), ["undo ConfigMap n/one", "undo ConfigMap n/made"]);
    assert_eq!(verdict_of(&judgement, "changes").verdict, Verdict::Broken);
}

#[tokio::test]
async fn an_undo_that_fails_makes_the_run_broken_is_named_and_is_repaired_later() {
    let changing = changing();
    let rehearsal = Rehearsal::of(&[("changes", "cluster", &changing)]);
    rehearsal.fake.answer("undo ConfigMap n/one", Answer::Refuses);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(verdict_of(&judgement, "changes").verdict, Verdict::Broken);
    assert_eq!(judgement.verdict, Verdict::Broken);
    let named = judgement.problems.iter().find(|problem| problem.contains("ConfigMap n/one"));
    assert!(named.is_some_and(|problem| problem.contains("test/changes")), "{:?}", judgement.problems);
    // The others are undone all the same, and only they leave the journal.
    assert!(rehearsal.lines().contains(&"undo ConfigMap n/made".to_owned()));
    assert!(rehearsal.fake.object(&object("two")).is_some());
    let left = pending(&rehearsal.world).await.unwrap();
    assert_eq!(left.iter().map(|change| change.undo.as_str()).collect::<Vec<_>>(), ["restore ConfigMap n/one"]);

    rehearsal.fake.answer_normally("undo ConfigMap n/one");
    let repaired = repair(&rehearsal.world, &rehearsal.recorder, &rehearsal.scenarios).await.unwrap();
    assert_eq!(repaired, left);
    assert_eq!(rehearsal.fake.object(&object("one")).unwrap().data["data"]["mode"], "STRICT");
    assert!(pending(&rehearsal.world).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_scenario_leaves_is_named_and_makes_the_run_broken() {
    let looking = format!("steps:\n{}", look("one"));
    let rehearsal = Rehearsal::of(&[("looks", "cluster", &looking)]);
    rehearsal.fake.leave("process of the machine");
    let work = async { rehearsal.run(&Stop::never()).await };
    let forget = async {
        rehearsal.until_seen("start test/looks").await;
        rehearsal.fake.leave("process sleep 600");
    };
    rehearsal.fake.answer("get ConfigMap n/one", Answer::Takes(std::time::Duration::from_millis(100)));
    let (judgement, ()) = tokio::join!(work, forget);
    assert_eq!(rehearsal.lines_of(&["leftover"]), ["leftover test/looks: process sleep 600"]);
    assert_eq!(judgement.verdict, Verdict::Broken);
}
