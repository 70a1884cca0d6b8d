//! A run does not differ from itself, and the reverse comparison is the mirror image: for canned runs and for random
//! runs.

use std::collections::BTreeSet;

use mtls_core::{
    evidence::record::Record,
    report::{Detail, JudgedRun, RunComparison, Seen, Turn},
};
use proptest::prelude::*;

use super::judged;
use crate::runs::{canned, moved, properties::runs};

/// Every canned run that can be compared, and the two runs of `moved`.
fn whole() -> Vec<JudgedRun> {
    let all = canned::all().into_iter().map(|run| run.entries);
    let all = all.chain([moved::before(), moved::after()]);
    all.filter_map(|entries| JudgedRun::of(&Record::of(entries)).ok()).collect()
}

#[test]
fn a_run_does_not_differ_from_itself() {
    for run in whole() {
        for detail in [Detail::Demanded, Detail::All] {
            let found = RunComparison::of(&run, &run, detail);
            assert!(found.is_same(), "{found:#?}");
            assert!(!found.is_newly_red(), "{found:#?}");
            assert!(found.times.iter().all(|time| time.before == time.after));
        }
    }
}

#[test]
fn the_other_way_round_is_the_mirror() {
    let runs = whole();
    assert!(runs.len() > 12);
    for one in &runs {
        for other in &runs {
            mirrored(one, other, Detail::Demanded);
        }
    }
    mirrored(&judged(moved::before()), &judged(moved::after()), Detail::All);
}

fn sorted<T: Ord>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    all.sort();
    all
}

/// The reverse comparison finds the same differences with exchanged sides, and turns newly green into newly red.
fn mirrored(one: &JudgedRun, other: &JudgedRun, detail: Detail) {
    let (there, back) = (RunComparison::of(one, other, detail), RunComparison::of(other, one, detail));
    assert_eq!((&there.before, &there.after, there.common), (&back.after, &back.before, back.common));
    assert_eq!(there.left_out, back.left_out);
    assert_eq!((&there.only_before, &there.only_after), (&back.only_after, &back.only_before));
    macro_rules! same {
        ($list:ident, |$item:ident| $key:expr, $mirror:expr) => {
            let there = sorted(there.$list.iter().map(|$item| $key));
            let back = sorted(back.$list.iter().map(|$item| $mirror));
            assert_eq!(there, back, stringify!($list));
        };
    }
    same!(
        changes,
        |c| (&c.id, c.before, c.after, &c.reason_before, &c.reason_after, c.other_demand),
        (&c.id, c.after, c.before, &c.reason_after, &c.reason_before, c.other_demand)
    );
    same!(settings, |c| (&c.name, &c.before, &c.after), (&c.name, &c.after, &c.before));
    same!(versions, |c| (&c.what, &c.before, &c.after), (&c.what, &c.after, &c.before));
    same!(demands, |c| (&c.id, &c.before, &c.after), (&c.id, &c.after, &c.before));
    same!(reasons, |c| (&c.id, &c.before, &c.after), (&c.id, &c.after, &c.before));
    same!(times, |c| (format!("{:?}", c.what), c.before, c.after), (format!("{:?}", c.what), c.after, c.before));
    same!(
        sabotages,
        |c| (&c.id, format!("{:?}", (&c.before, &c.after))),
        (&c.id, format!("{:?}", (&c.after, &c.before)))
    );
    same!(
        facts,
        |c| (&c.id, sorted(c.changes.iter().map(|f| (&f.path, &f.before, &f.after)))),
        (&c.id, sorted(c.changes.iter().map(|f| (&f.path, &f.after, &f.before))))
    );
    let seen = |found: &RunComparison, seen: Seen| found.problems.iter().filter(|one| one.seen == seen).count();
    assert_eq!(seen(&there, Seen::After), seen(&back, Seen::Before));
    assert_eq!(seen(&there, Seen::Both), seen(&back, Seen::Both));
    let ids = |found: &RunComparison, turn| found.turned(turn).map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    assert!(ids(&there, Turn::NewlyGreen).is_subset(&ids(&back, Turn::NewlyRed)));
    assert!(ids(&there, Turn::NewlyRed).is_disjoint(&ids(&back, Turn::NewlyRed)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_seen_the_other_way_round_is_the_mirror(one in runs(), other in runs()) {
        let (one, other) = (judged(one), judged(other));
        mirrored(&one, &other, Detail::Demanded);
        mirrored(&one, &other, Detail::All);
        prop_assert!(RunComparison::of(&one, &one, Detail::All).is_same());
    }
}
