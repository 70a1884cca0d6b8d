//! Trials of sabotages: what must fail does, what was broken recovers, and a trial that does not recover is no proof.

use std::time::Duration;

use mtls_core::verdict::{Judgement, Proof, Verdict};
use mtls_kubernetes::Reference;

use super::{Answer, Rehearsal, Stop, look};

/// A look at `one`, and a sabotage `NAME` that patches `TARGET` and confirms it.
fn sabotaged(name: &str, target: &str) -> String {
    format!(
        "steps:
{}sabotage:
- id: {name}
  description: the mode is wrong
  do:
  - patch:
      target: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: {target}}}
      merge: {{data: {{mode: PERMISSIVE}}}}
  confirm:
    get: {{apiVersion: v1, kind: ConfigMap, namespace: n, name: {target}}}
    expect: {{data.mode: PERMISSIVE}}
    timeout: 1s
  must-fail:
    looks: {{data.mode: PERMISSIVE}}
",
        look("one")
    )
}

fn proof(judgement: &Judgement, id: &str) -> (Proof, String) {
    let found = judgement.sabotages.iter().find(|sabotage| sabotage.id == id);
    let found = found.unwrap_or_else(|| panic!("no {id} in {:?}", judgement.sabotages));
    (found.proof, found.reason.clone())
}

#[tokio::test]
async fn a_check_that_fails_under_its_sabotage_is_proven_and_the_world_recovers() {
    let text = sabotaged("permissive", "one");
    let rehearsal = Rehearsal::of(&[("looks", "shared", &text)]);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(proof(&judgement, "test/looks!permissive").0, Proof::Proven);
    // A failure under a sabotage is no failure of the product.
    assert_eq!(judgement.verdict, Verdict::Pass);
    let one = Reference::new("v1", "ConfigMap", Some("n"), "one");
    assert_eq!(rehearsal.fake.object(&one).unwrap().data["data"]["mode"], "STRICT");
    assert_eq!(
        rehearsal.lines(),
        [
            "start test/looks",
            "end test/looks",
            "start test/looks!permissive",
            "write journal",
            "announce sabotage: restore ConfigMap n/one",
            "patch ConfigMap n/one",
            "undo ConfigMap n/one",
            "end test/looks!permissive",
            "erase journal",
            "undone: 1",
        ]
    );
}

#[tokio::test]
async fn a_check_that_stays_green_under_its_sabotage_has_not_noticed_it() {
    let text = sabotaged("elsewhere", "two");
    let rehearsal = Rehearsal::of(&[("looks", "shared", &text)]);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(proof(&judgement, "test/looks!elsewhere").0, Proof::Toothless);
}

#[tokio::test]
async fn a_sabotage_without_effect_proves_nothing() {
    let text = sabotaged("permissive", "one");
    let rehearsal = Rehearsal::of(&[("looks", "shared", &text)]);
    rehearsal.fake.answer("patch ConfigMap n/one", Answer::Ignores);
    let judgement = rehearsal.run(&Stop::never()).await;
    assert_eq!(proof(&judgement, "test/looks!permissive").0, Proof::Unconfirmed);
}

#[tokio::test]
async fn an_effect_that_stays_is_a_leftover_and_stays_in_the_journal() {
    let text = sabotaged("permissive", "one");
    let rehearsal = Rehearsal::of(&[("looks", "shared", &text)]);
    rehearsal.fake.answer("undo ConfigMap n/one", Answer::Ignores);
    let judgement = rehearsal.run(&Stop::never()).await;
    let left = rehearsal.lines_of(&["leftover"]);
    assert!(left.iter().any(|line| line.starts_with("leftover test/looks!permissive: undone, and ")), "{left:?}");
    assert_eq!(judgement.verdict, Verdict::Broken);
    assert_eq!(rehearsal.lines_of(&["erase journal"]), Vec::<String>::new());
}

#[tokio::test]
async fn trials_of_one_namespace_run_one_after_the_other() {
    let (first, second) = (sabotaged("first", "one"), sabotaged("second", "two"));
    let rehearsal = Rehearsal::of(&[("a", "shared", &first), ("b", "shared", &second)]);
    rehearsal.fake.answer("patch ConfigMap n/one", Answer::Takes(Duration::from_millis(30)));
    rehearsal.run(&Stop::never()).await;
    let trials: Vec<String> =
        rehearsal.lines_of(&["start", "end"]).into_iter().filter(|line| line.contains('!')).collect();
    assert_eq!(trials, ["start test/a!first", "end test/a!first", "start test/b!second", "end test/b!second"]);
}
