//! Which scenarios run at the same time, and in which order.

use std::{collections::BTreeSet, time::Duration};

use super::{Answer, Rehearsal, Stop, look};

const SHARED: &str = "get ConfigMap n/one";

/// Creates an object in a namespace, which takes time, and looks.
fn making(namespace: &str) -> String {
    format!(
        "steps:
- apply:
    objects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{namespace: {namespace}, name: made}}, data: {{mode: STRICT}}}}]
- wait: {{apiVersion: v1, kind: ConfigMap, namespace: {namespace}, name: made}}
  expect: {{data.mode: STRICT}}
{}",
        look("three")
    )
}

/// For each scenario in the order of their starts: what else was running then.
fn started(lines: &[String]) -> Vec<(String, BTreeSet<String>)> {
    let mut running = BTreeSet::new();
    let mut found = Vec::new();
    for line in lines {
        if let Some(id) = line.strip_prefix("start test/") {
            found.push((id.to_owned(), running.clone()));
            running.insert(id.to_owned());
        } else if let Some(id) = line.strip_prefix("end test/") {
            running.remove(id);
        }
    }
    found
}

fn at_once(started: &[(String, BTreeSet<String>)]) -> usize {
    started.iter().map(|(_, beside)| beside.len() + 1).max().unwrap_or_default()
}

#[tokio::test]
async fn read_only_scenarios_run_side_by_side_three_at_once_the_longest_first() {
    let looking = format!("steps:\n{}", look("one"));
    let names = ["a", "b", "c", "d", "e"];
    let mut rehearsal = Rehearsal::of(&names.map(|name| (name, "shared", looking.as_str())));
    rehearsal.fake.answer(SHARED, Answer::Takes(Duration::from_millis(30)));
    rehearsal.scenarios[4].needs.budget = Duration::from_secs(600);
    rehearsal.run(&Stop::never()).await;
    let started = started(&rehearsal.lines());
    assert_eq!(started.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["e", "a", "b", "c", "d"]);
    assert_eq!(at_once(&started), 3);
}

#[tokio::test]
async fn only_scenarios_of_different_namespaces_change_at_once() {
    let (first, second) = (making("first"), making("second"));
    let rehearsal =
        Rehearsal::of(&[("a", "namespace", &first), ("b", "namespace", &first), ("c", "namespace", &second)]);
    for namespace in ["first", "second"] {
        rehearsal.fake.answer(&format!("apply ConfigMap {namespace}/made"), Answer::Takes(Duration::from_millis(30)));
    }
    rehearsal.run(&Stop::never()).await;
    let beside = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>();
    let started = started(&rehearsal.lines());
    // The scenario of the other namespace does not wait behind the one that must.
    assert_eq!(started[..2], [("a".to_owned(), beside(&[])), ("c".to_owned(), beside(&["a"]))]);
    assert!(started[2].0 == "b" && !started[2].1.contains("a"), "{started:?}");
}

#[tokio::test]
async fn what_only_reads_comes_first_and_what_changes_the_cluster_runs_alone() {
    let looking = format!("steps:\n{}", look("one"));
    let (first, second) = (making("first"), making("second"));
    let rehearsal = Rehearsal::of(&[
        ("a", "cluster", &first),
        ("b", "cluster", &second),
        ("c", "namespace", &first),
        ("d", "shared", &looking),
    ]);
    rehearsal.fake.answer(SHARED, Answer::Takes(Duration::from_millis(10)));
    rehearsal.run(&Stop::never()).await;
    let started = started(&rehearsal.lines());
    assert_eq!(started.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["d", "c", "a", "b"]);
    assert_eq!(at_once(&started), 1, "{started:?}");
}
