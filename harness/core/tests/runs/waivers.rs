//! What waivers do to verdicts, and what they never do.

use mtls_core::{
    evidence::{
        event::{Entry, Event},
        record::Record,
        waiver::{Covers, Waiver},
    },
    report::{PublicRecord, Report},
    verdict::{Exit, Judgement, Verdict, WaiverState, judge, judge_record_with},
};
use proptest::prelude::*;

use super::{canned, plan::GRID, properties};

fn waiver(covers: Covers, until: &str) -> Waiver {
    let (owner, reason) = ("mesh team".to_owned(), "ticket 4711".to_owned());
    Waiver { covers, owner, reason, until: until.parse().unwrap(), world: None }
}

fn check(pattern: &str) -> Covers {
    Covers::Check(format!("{GRID}#{pattern}"))
}

fn requirement(id: &str) -> Covers {
    Covers::Requirement(id.to_owned())
}

fn with(entries: &[Entry], waivers: &[Waiver]) -> Judgement {
    judge_record_with(&Record::of(entries.to_vec()), waivers)
}

fn named(name: &str) -> Vec<Entry> {
    canned::all().into_iter().find(|run| run.name == name).unwrap().entries
}

fn verdict(judgement: &Judgement, id: &str) -> Verdict {
    judgement.checks.iter().find(|check| check.id == id).unwrap().verdict
}

const PLAIN: &str = "strict/enforcement-grid#production.plain.tcp";

#[test]
fn the_last_day_counts_and_the_day_after_it_does_not() {
    // The canned runs start on 2026-11-24.
    for (until, expected, exit) in [
        ("2026-11-25", Verdict::Waived, Exit::Conformant),
        ("2026-11-24", Verdict::Waived, Exit::Conformant),
        ("2026-11-23", Verdict::Fail, Exit::ProductFailed),
    ] {
        let judgement = with(&named("grid-fail"), &[waiver(check("production.plain.*"), until)]);
        assert_eq!((verdict(&judgement, PLAIN), judgement.exit), (expected, exit), "{until}");
        let state = if expected == Verdict::Fail { WaiverState::Expired } else { WaiverState::InForce };
        assert_eq!(judgement.waivers[0].state, state, "{until}");
    }
}

#[test]
fn an_expired_waiver_is_named_beside_the_failure() {
    let judgement = judge(&canned::waived("2026-11-23"));
    let red = judgement.checks.iter().find(|check| check.id == PLAIN).unwrap();
    assert!(red.reason.ends_with("; the waiver of mesh team expired on 2026-11-23"), "{}", red.reason);
    assert_eq!(judgement.waivers[0].red, [PLAIN]);
    assert!(judgement.waivers[0].has_ended_on("2026-11-24".parse().unwrap()));
}

/// A check that stands for two requirements is waived when somebody answers for both.
#[test]
fn every_requirement_of_a_check_needs_its_own_waiver() {
    let of_grid = named("grid-fail");
    let one = with(&of_grid, &[waiver(requirement("MESH-01"), "2026-12-31")]);
    assert_eq!(verdict(&one, PLAIN), Verdict::Waived);
    let rogue = format!("{GRID}#production.rogue.tcp");
    let mut entries = of_grid;
    for entry in &mut entries {
        if let Event::Observed { check, sample, .. } = &mut entry.event
            && *check == rogue
        {
            sample.facts = serde_json::json!({"outcome": "established", "server": {"saw": {"requests": 1}}});
        }
    }
    let mesh = waiver(requirement("MESH-01"), "2026-12-31");
    let pki = waiver(requirement("PKI-09"), "2026-12-31");
    assert_eq!(verdict(&with(&entries, std::slice::from_ref(&mesh)), &rogue), Verdict::Fail);
    let both = with(&entries, &[mesh, pki]);
    assert_eq!(verdict(&both, &rogue), Verdict::Waived);
    assert_eq!(both.checks.iter().find(|check| check.id == rogue).unwrap().unwaived, Some(Verdict::Fail));
}

#[test]
fn what_is_no_failure_is_not_waived() {
    let all = waiver(Covers::Check("*/*#*".to_owned()), "2026-12-31");
    for run in canned::all() {
        let (before, after) = (judge(&run.entries), with(&run.entries, std::slice::from_ref(&all)));
        for (before, after) in before.checks.iter().zip(&after.checks) {
            match before.verdict {
                Verdict::Fail | Verdict::Finding | Verdict::Waived => {
                    assert_eq!(after.verdict, Verdict::Waived, "{}: {}", run.name, after.id);
                }
                same => assert_eq!(after.verdict, same, "{}: {}", run.name, after.id),
            }
        }
        assert_eq!(after.problems, before.problems, "{}", run.name);
        // A failure that was waived before the sabotage proves nothing under it.
        let proven = |judgement: &Judgement| judgement.requirements.iter().map(|one| one.power.proven).sum::<usize>();
        assert!(proven(&after) <= proven(&before), "{}", run.name);
    }
}

#[test]
fn a_run_in_which_all_is_waived_proves_nothing() {
    let mut entries = named("grid-fail");
    entries.retain(|entry| !matches!(&entry.event, Event::Observed { check, .. } if check != PLAIN));
    for (seq, entry) in (0..).zip(&mut entries) {
        if let Event::Planned { plan } = &mut entry.event {
            plan.scenarios[0].checks.retain(|check| check.id == PLAIN);
        }
        entry.seq = seq;
    }
    let judgement = with(&entries, &[waiver(check("production.plain.tcp"), "2026-12-31")]);
    assert_eq!((judgement.verdict, judgement.exit), (Verdict::Waived, Exit::NothingProven));
}

#[test]
fn a_damaged_record_is_not_waived() {
    let mut entries = canned::waived("2026-12-31");
    assert_eq!(verdict(&judge(&entries), PLAIN), Verdict::Waived);
    entries.remove(7);
    assert_eq!(verdict(&judge(&entries), PLAIN), Verdict::Fail);
}

/// The waivers are in the record: nothing else is needed to judge it again.
#[test]
fn a_recorded_waiver_and_the_same_one_given_later_judge_alike() {
    let recorded = canned::waived("2026-12-31");
    let waivers: Vec<Waiver> = recorded
        .iter()
        .find_map(|entry| match &entry.event {
            Event::WaiversRead { waivers, .. } => Some(waivers.clone()),
            _ => None,
        })
        .unwrap();
    let public = PublicRecord::of(&Record::of(recorded.clone()));
    assert_eq!(Report::of(&public).0, Report::with_waivers(&public, &waivers).0);
    assert_eq!(Report::with_waivers(&public, &[]).1.exit, Exit::ProductFailed);
    let twice: Vec<Entry> = recorded.iter().chain(&recorded[5..6]).cloned().collect();
    assert!(judge(&twice).problems.iter().any(|problem| problem.contains("occurs twice")));
}

fn any_waivers() -> impl Strategy<Value = Vec<Waiver>> {
    let rows = prop::sample::select(vec!["plain", "injected", "rogue", "*"]);
    let columns = prop::sample::select(vec!["http", "tcp", "app-mtls", "*"]);
    let of_checks = (rows, columns).prop_map(|(row, column)| check(&format!("production.{row}.{column}")));
    let of_requirements = prop::sample::select(vec!["MESH-01", "PKI-09", "TLS-08"]).prop_map(requirement);
    let until = prop::sample::select(vec!["2026-11-20", "2026-11-24", "2027-01-01"]);
    let one = (prop_oneof![of_checks, of_requirements], until).prop_map(|(covers, until)| waiver(covers, until));
    prop::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A waiver changes a failure of a check that it covers, and no other check; and no verdict becomes a pass.
    #[test]
    fn a_waiver_never_changes_the_verdict_of_another_check(entries in properties::runs(), waivers in any_waivers()) {
        let (before, after) = (judge(&entries), with(&entries, &waivers));
        for (before, after) in before.checks.iter().zip(&after.checks) {
            let is_covered = waivers.iter().any(|waiver| match &waiver.covers {
                Covers::Check(pattern) => mtls_core::scenario::matches(pattern, &after.id),
                Covers::Requirement(id) => after.requirements.contains(id),
            });
            if after.verdict == before.verdict {
                prop_assert!(after.unwaived.is_none());
            } else {
                prop_assert!(is_covered, "{}", after.id);
                prop_assert_eq!(after.verdict, Verdict::Waived);
                prop_assert!(matches!(before.verdict, Verdict::Fail | Verdict::Finding));
                prop_assert_eq!(after.unwaived, Some(before.verdict));
            }
        }
        let passes = |judgement: &Judgement| judgement.checks.iter().filter(|one| one.verdict == Verdict::Pass).count();
        prop_assert_eq!(passes(&before), passes(&after));
        for (before, after) in before.requirements.iter().zip(&after.requirements) {
            prop_assert!(after.verdict != Verdict::Pass || before.verdict == Verdict::Pass, "{}", after.id);
        }
    }
}
