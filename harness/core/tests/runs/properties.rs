//! Less evidence never makes a greener verdict.

use std::collections::VecDeque;

use mtls_core::{
    evidence::event::{Entry, Event, RunStatus},
    verdict::{Verdict, judge},
};
use proptest::prelude::*;
use serde_json::json;

use super::{
    builder::Run,
    healthy,
    plan::{self, GRID},
};

const OUTCOMES: [&str; 6] =
    ["reset", "established", "plaintext-accepted", "connect-timeout", "harness-error", "tls-alert(unknown_ca)"];

/// Runs of the grid in which the attempts of the plain row have arbitrary outcomes.
pub(crate) fn runs() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(prop::sample::select(&OUTCOMES[..]), 20).prop_map(|words| {
        let mut run = Run::planned("20261124T101500-any", plan::only(&[GRID]));
        healthy::grid(&mut run, &|check, attempt| {
            let column = plan::COLUMNS.iter().position(|column| check.ends_with(column)).unwrap();
            check
                .contains("plain")
                .then(|| json!({"outcome": words[column * 5 + attempt], "server": {"saw": {"requests": 0}}}))
        });
        run.finish(RunStatus::Complete)
    })
}

/// The run without the observations of the mask, with or without closing the gaps in the numbers.
fn thinned(entries: &[Entry], mask: &[bool], renumber: Numbers) -> Vec<Entry> {
    let mut mask = mask.iter().cycle();
    let kept = entries.iter().filter(|entry| !matches!(entry.event, Event::Observed { .. }) || *mask.next().unwrap());
    let mut kept: Vec<Entry> = kept.cloned().collect();
    if matches!(renumber, Numbers::Closed) {
        for (seq, entry) in (0..).zip(&mut kept) {
            entry.seq = seq;
        }
    }
    kept
}

#[derive(Clone, Copy)]
enum Numbers {
    AsRecorded,
    Closed,
}

fn check(before: &[Entry], after: &[Entry]) -> Result<(), TestCaseError> {
    let (before, after) = (judge(before), judge(after));
    prop_assert_eq!(before.checks.len(), after.checks.len());
    for (before, after) in before.checks.iter().zip(&after.checks) {
        prop_assert!(!after.verdict.is_green() || after.verdict == before.verdict, "{}: {:?}", after.id, after);
    }
    for (before, after) in before.requirements.iter().zip(&after.requirements) {
        prop_assert!(!after.verdict.is_green() || after.verdict == before.verdict, "{}", after.id);
    }
    prop_assert!(after.exit.code() != 0 || before.exit.code() == 0);
    Ok(())
}

/// The scenario that an event is part of.
fn scenario_of(event: &Event) -> Option<&str> {
    match event {
        Event::Marked { scenario, .. }
        | Event::Observed { scenario, .. }
        | Event::ScenarioEnded { scenario, .. }
        | Event::ScenarioStarted { scenario }
        | Event::StepEnded { scenario, .. } => Some(scenario),
        _ => None,
    }
}

/// The run as if its scenarios had run in parallel: each keeps its order, and `turns` chooses the next scenario.
fn interleaved(entries: &[Entry], turns: &[usize]) -> Vec<Entry> {
    let first = entries.iter().position(|entry| scenario_of(&entry.event).is_some()).unwrap();
    let mut queues: Vec<(&str, VecDeque<Entry>)> = Vec::new();
    let (mut merged, mut end) = (entries[..first].to_vec(), Vec::new());
    for entry in &entries[first..] {
        match scenario_of(&entry.event) {
            None => end.push(entry.clone()),
            Some(scenario) => match queues.iter_mut().find(|(known, _)| *known == scenario) {
                Some((_, queue)) => queue.push_back(entry.clone()),
                None => queues.push((scenario, VecDeque::from([entry.clone()]))),
            },
        }
    }
    let mut turns = turns.iter().cycle();
    while !queues.is_empty() {
        let next = turns.next().unwrap() % queues.len();
        merged.extend(queues[next].1.pop_front());
        queues.retain(|(_, queue)| !queue.is_empty());
    }
    merged.extend(end);
    for (seq, entry) in (0..).zip(&mut merged) {
        entry.seq = seq;
    }
    merged
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dropping_observations_never_makes_a_verdict_greener(
        entries in runs(),
        mask in prop::collection::vec(any::<bool>(), 1..90),
    ) {
        let thin = thinned(&entries, &mask, Numbers::AsRecorded);
        check(&entries, &thin)?;
        if thin.len() < entries.len() {
            prop_assert!(judge(&thin).checks.iter().all(|check| !check.verdict.is_green()));
        }
        check(&entries, &thinned(&entries, &mask, Numbers::Closed))?;
    }

    #[test]
    fn losing_any_lines_never_makes_a_verdict_greener(
        entries in runs(),
        lost in prop::collection::btree_set(0_usize..90, 1..12),
    ) {
        let kept: Vec<Entry> =
            entries.iter().enumerate().filter(|(line, _)| !lost.contains(line)).map(|(_, entry)| entry.clone()).collect();
        let (whole, thin) = (judge(&entries), judge(&kept));
        for check in &thin.checks {
            let before = whole.checks.iter().find(|other| other.id == check.id).unwrap();
            prop_assert!(!check.verdict.is_green() || check.verdict == before.verdict, "{}: {:?}", check.id, check);
        }
        prop_assert!(kept.len() == entries.len() || thin.exit.code() != 0, "{:?}", lost);
        prop_assert!(kept.len() == entries.len() || !thin.problems.is_empty(), "{:?}", lost);
    }

    #[test]
    fn scenarios_that_run_side_by_side_are_judged_as_one_by_one(turns in prop::collection::vec(0_usize..5, 1..60)) {
        let run = super::canned::all().into_iter().find(|run| run.name == "rich").unwrap();
        let (one, other) = (judge(&run.entries), judge(&interleaved(&run.entries, &turns)));
        prop_assert_eq!(one.checks, other.checks);
        prop_assert_eq!(one.exit, other.exit);
    }

    #[test]
    fn cutting_the_log_never_makes_a_verdict_greener(entries in runs(), kept in 0_usize..90) {
        let kept = kept.min(entries.len());
        let cut = judge(&entries[..kept]);
        let whole = judge(&entries);
        for check in &cut.checks {
            let before = whole.checks.iter().find(|other| other.id == check.id).unwrap();
            prop_assert!(!check.verdict.is_green() || check.verdict == before.verdict, "{}", check.id);
        }
        prop_assert!(cut.exit.code() != 0 || kept == entries.len());
    }

    #[test]
    fn the_order_of_the_lines_does_not_matter(entries in runs().prop_shuffle_pair()) {
        let (sorted, shuffled) = entries;
        prop_assert_eq!(judge(&sorted), judge(&shuffled));
    }

    #[test]
    fn one_accepted_attempt_is_enough_to_fail(entries in runs()) {
        for check in judge(&entries).checks.iter().filter(|check| check.id.contains("plain") && !check.id.ends_with("metrics")) {
            let let_in = check.outcomes.contains_key("established") || check.outcomes.contains_key("plaintext-accepted");
            prop_assert_eq!(check.verdict == Verdict::Fail, let_in, "{:?}", check);
        }
    }
}

trait ShufflePair: Strategy<Value = Vec<Entry>> + Sized {
    /// The run as written and in another order.
    fn prop_shuffle_pair(self) -> impl Strategy<Value = (Vec<Entry>, Vec<Entry>)> {
        self.prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle()))
    }
}

impl<S: Strategy<Value = Vec<Entry>>> ShufflePair for S {}
