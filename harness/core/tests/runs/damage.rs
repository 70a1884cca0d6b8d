//! No damage makes a record greener, and each damage is named.

use std::{fs, path::Path};

use mtls_core::{
    evidence::{event::Event, flaw::Flaw, lock, log, record, store},
    report::{differences, json, read, write_all},
    verdict::{Account, Exit, Judgement, Verdict, judge_record},
};

use super::{
    canned::{self, Canned},
    folder::put,
};

/// A run in a directory, to be damaged.
struct Damaged {
    directory: tempfile::TempDir,
    lines: Vec<String>,
    truth: Judgement,
}

impl Damaged {
    fn new(run: &Canned) -> Self {
        let directory = tempfile::tempdir().unwrap();
        put(&run.entries, directory.path());
        let truth = judged(directory.path()).1;
        assert_eq!(truth.exit.code(), run.exit, "{}: {:?}", run.name, truth.problems);
        let lines = fs::read_to_string(directory.path().join(log::FILE_NAME)).unwrap();
        Self { directory, lines: lines.lines().map(str::to_owned).collect(), truth }
    }

    /// The judgement with these lines instead of the log.
    fn of(&self, lines: &[String], what: &str) -> (Vec<Flaw>, Judgement) {
        fs::write(self.directory.path().join(log::FILE_NAME), lines.join("\n") + "\n").unwrap();
        let (flaws, judgement) = judged(self.directory.path());
        not_greener(&self.truth, &judgement, what);
        (flaws, judgement)
    }
}

fn judged(directory: &Path) -> (Vec<Flaw>, Judgement) {
    let record = record::read(directory).unwrap();
    let judgement = judge_record(&record);
    (record.flaws, judgement)
}

/// No check became green, no failure is excused, and the run itself is not green.
fn not_greener(truth: &Judgement, damaged: &Judgement, what: &str) {
    assert_ne!(damaged.exit, Exit::Conformant, "{what}");
    assert!(!damaged.verdict.is_green() && damaged.verdict != Verdict::Finding, "{what}: {:?}", damaged.verdict);
    assert!(!damaged.problems.is_empty(), "{what}");
    for check in &truth.checks {
        let now = damaged.checks.iter().find(|now| now.id == check.id);
        let now = now.unwrap_or_else(|| panic!("{what}: {} is not accounted for", check.id));
        assert!(!now.verdict.is_green() || now.verdict == check.verdict, "{what}: {} is {:?}", now.id, now.verdict);
    }
}

/// Runs that are short enough to be damaged in every place, one of each kind.
fn runs() -> Vec<Canned> {
    let names = ["finding", "grid-fail", "vacuous", "proven"];
    canned::all().into_iter().filter(|run| names.contains(&run.name)).collect()
}

#[test]
fn a_line_that_is_gone_is_named() {
    for run in runs() {
        let damaged = Damaged::new(&run);
        for gone in 0..damaged.lines.len() {
            let mut lines = damaged.lines.clone();
            lines.remove(gone);
            let what = format!("{} without line {}", run.name, gone + 1);
            let (flaws, judgement) = damaged.of(&lines, &what);
            if gone + 1 == damaged.lines.len() {
                assert!(
                    judgement.problems[0].contains("it ends before the run does"),
                    "{what}: {:?}",
                    judgement.problems
                );
            } else {
                let (line, seq) = (gone + 1, u64::try_from(gone).unwrap());
                assert!(flaws.contains(&Flaw::Missing { line, seq }), "{what}: {flaws:?}");
                assert!(matches!(judgement.exit, Exit::Broken | Exit::ProductFailed), "{what}: {:?}", judgement.exit);
            }
        }
    }
}

#[test]
fn lines_that_changed_places_are_named() {
    for run in runs() {
        let damaged = Damaged::new(&run);
        for first in 0..damaged.lines.len() - 1 {
            let mut lines = damaged.lines.clone();
            lines.swap(first, first + 1);
            let what = format!("{} with lines {} and {} swapped", run.name, first + 1, first + 2);
            let (flaws, _) = damaged.of(&lines, &what);
            assert_eq!(flaws, [Flaw::Moved { line: first + 2, seq: u64::try_from(first).unwrap() }], "{what}");
        }
    }
}

#[test]
fn a_line_that_was_edited_is_named() {
    for run in runs() {
        let damaged = Damaged::new(&run);
        for edited in 0..damaged.lines.len() {
            for (from, to) in EDITS {
                let mut lines = damaged.lines.clone();
                lines[edited] = lines[edited].replacen(from, to, 1);
                if lines[edited] == damaged.lines[edited] {
                    continue;
                }
                let what = format!("{} with {to} in line {}", run.name, edited + 1);
                let (flaws, _) = damaged.of(&lines, &what);
                let named = |flaw: &Flaw| matches!(flaw, Flaw::Edited { line } | Flaw::Corrupt { line, .. } if *line == edited + 1);
                assert!(flaws.iter().any(named), "{what}: {flaws:?}");
            }
        }
    }
}

/// Edits that a forger or a careless user would make.
const EDITS: [(&str, &str); 5] = [
    ("\"established\"", "\"reset\""),
    ("\"how\":\"broken\"", "\"how\":\"done\""),
    ("\"status\":\"", "\"status\":\"complete"),
    ("\"seq\":", "\"seq\":1"),
    (",", ", "),
];

#[test]
fn a_log_that_was_cut_is_named() {
    for run in runs() {
        let damaged = Damaged::new(&run);
        let text = damaged.lines.join("\n") + "\n";
        // Cuts after every line, and in the middle of each.
        for kept in 0..damaged.lines.len() {
            damaged.of(&damaged.lines[..kept], &format!("{} cut behind line {kept}", run.name));
            let whole: usize = damaged.lines[..kept].iter().map(|line| line.len() + 1).sum();
            fs::write(damaged.directory.path().join(log::FILE_NAME), &text[..whole + 30]).unwrap();
            let (flaws, judgement) = judged(damaged.directory.path());
            not_greener(&damaged.truth, &judgement, run.name);
            assert!(flaws.contains(&Flaw::Partial { line: kept + 1 }), "{flaws:?}");
        }
    }
}

#[test]
fn a_line_of_another_run_is_named() {
    let (green, other) = (Damaged::new(&runs()[0]), Damaged::new(&runs()[1]));
    // The first lines differ only in the run's id; the lines after them have another plan.
    for line in 1..40 {
        let mut lines = other.lines.clone();
        lines[line].clone_from(&green.lines[line]);
        let (flaws, _) = other.of(&lines, &format!("line {} of a green run", line + 1));
        assert!(flaws.contains(&Flaw::Foreign { line: line + 1 }), "{flaws:?}");
    }
}

#[test]
fn evidence_that_is_gone_or_changed_is_named_and_breaks_what_rests_on_it() {
    for run in runs() {
        let damaged = Damaged::new(&run);
        let rests = damaged.truth.checks.iter().find(|check| !check.evidence.is_empty()).unwrap();
        let path = damaged.directory.path().join(store::relative_path(&rests.evidence[0]));
        for (what, flaw) in [("changed", "was changed"), ("gone", "is missing")] {
            if what == "changed" {
                fs::write(&path, "other").unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            let judgement = judged(damaged.directory.path()).1;
            not_greener(&damaged.truth, &judgement, what);
            let now = judgement.checks.iter().find(|check| check.id == rests.id).unwrap();
            assert!(now.verdict == Verdict::Fail || now.verdict == Verdict::Broken, "{what}: {now:?}");
            assert!(judgement.problems[0].contains(&rests.evidence[0]) && judgement.problems[0].contains(flaw));
        }
    }
}

#[test]
fn a_plan_that_the_log_has_lost_is_missed_check_by_check() {
    for run in runs() {
        let damaged = Damaged::new(&run);
        let plan = run.entries.iter().position(|entry| matches!(entry.event, Event::Planned { .. })).unwrap();
        let mut lines = damaged.lines.clone();
        lines.remove(plan);
        let (_, judgement) = damaged.of(&lines, run.name);
        for check in &judgement.checks {
            assert_eq!((check.verdict, check.account), (Verdict::Broken, Account::Missing), "{}", check.id);
        }
        let (report, _) = write_all(damaged.directory.path()).unwrap();
        assert_eq!(report.plan.accounted, 0);
    }
}

#[test]
fn a_folder_that_was_carried_elsewhere_gives_the_same_report_byte_for_byte() {
    for run in runs() {
        let (first, elsewhere) = (Damaged::new(&run), tempfile::tempdir().unwrap());
        write_all(first.directory.path()).unwrap();
        let stored = fs::read(first.directory.path().join("report.json")).unwrap();
        put(&run.entries, elsewhere.path());
        drop(first);
        let again = |directory: &Path| {
            let mut bytes = Vec::new();
            json(&read(directory).unwrap().0, &mut bytes).unwrap();
            bytes
        };
        assert!(differences(&stored, &again(elsewhere.path())).is_empty(), "{}", run.name);
        let log = elsewhere.path().join(log::FILE_NAME);
        let edited = fs::read_to_string(&log).unwrap().replacen("\"how\":\"done\"", "\"how\":\"interrupted\"", 1);
        fs::write(&log, edited).unwrap();
        let differing = differences(&stored, &again(elsewhere.path()));
        assert!(differing.iter().any(|line| line.contains("`problems` differs")), "{}: {differing:?}", run.name);
    }
}

#[test]
fn a_lock_that_is_gone_edited_or_of_another_run_is_named() {
    let (run, other) = (Damaged::new(&runs()[0]), Damaged::new(&runs()[1]));
    let path = run.directory.path().join(lock::FILE_NAME);
    let whole = fs::read_to_string(&path).unwrap();
    let foreign = fs::read_to_string(other.directory.path().join(lock::FILE_NAME)).unwrap();
    let cases = [
        (None, "the plan lock is missing"),
        (Some(whole.replacen("#aged", "#young", 1)), "it was edited"),
        (Some(whole[..whole.len() / 2].to_owned()), "cannot be used"),
        (Some(foreign), "it is that of run"),
    ];
    for (lock, named) in cases {
        match lock {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let judgement = judged(run.directory.path()).1;
        not_greener(&run.truth, &judgement, named);
        assert_eq!(judgement.exit, Exit::Broken);
        assert!(judgement.problems[0].contains(named), "{named}: {:?}", judgement.problems);
    }
}
