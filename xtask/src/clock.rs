//! Accounts for the time of a command: every moment from its start to its end belongs to exactly one phase.
//!
//! Phases follow one another. A phase measured by the harness may overlap earlier ones: then only its part that is not
//! yet accounted for counts, and an interval that was not measured becomes a phase of its own. Knows no command.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mtls_core::duration::milliseconds;
use parking_lot::{Mutex, MutexGuard};

use crate::terminal::timed;

/// The clock of a command, which prints a line per phase.
pub(crate) struct Clock {
    origin: Instant,
    account: Mutex<Account>,
}

impl Clock {
    /// The clock of this process. It starts when the launcher that became this process did; building xtask is its
    /// first phase.
    pub(crate) fn start() -> Self {
        let began = std::env::var(BEGAN).unwrap_or_default();
        let since = since(&began, std::process::id(), SystemTime::now()).unwrap_or_default();
        let now = Instant::now();
        let clock = Self { origin: now.checked_sub(since).unwrap_or(now), account: Mutex::default() };
        clock.account().end("build xtask", clock.origin.elapsed());
        clock
    }

    /// Ends the phase that began when the previous one ended.
    pub(crate) fn end(&self, phase: &str) {
        let mut account = self.account();
        account.end(phase, self.origin.elapsed());
        account.show();
    }

    /// Records a phase that was measured elsewhere.
    pub(crate) fn measured(&self, phase: &str, took: Duration) {
        let mut account = self.account();
        account.measured(phase, took, self.origin.elapsed());
        account.show();
    }

    /// Ends the command; the remaining time becomes a phase. Returns the sum of all phases, which is the time of the
    /// command.
    pub(crate) fn stop(&self) -> Duration {
        let mut account = self.account();
        account.end("the rest", self.origin.elapsed());
        account.show();
        account.until
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock()
    }
}

/// The variable with the launcher's start: `<process id>:<milliseconds since 1970>`.
const BEGAN: &str = "XTASK_BEGAN";

/// Shorter phases are counted and not printed.
const SHOWN: Duration = Duration::from_millis(100);

/// Time since the launcher started. A process started by another xtask inherits the variable but not the process id.
fn since(began: &str, process: u32, now: SystemTime) -> Option<Duration> {
    let (id, at) = began.split_once(':')?;
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(at.parse().ok()?))?;
    if id.parse() == Ok(process) { now.duration_since(at).ok() } else { None }
}

#[derive(Debug, Default)]
struct Account {
    phases: Vec<Phase>,
    /// Everything before this belongs to a phase.
    until: Duration,
    shown: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Phase {
    name: String,
    took: Duration,
    /// The part of it that belongs to no phase before it.
    counted: Duration,
}

impl Account {
    fn end(&mut self, phase: &str, now: Duration) {
        let took = now.saturating_sub(self.until);
        self.push(phase, took, now);
    }

    fn measured(&mut self, phase: &str, took: Duration, now: Duration) {
        let began = now.saturating_sub(took);
        if began > self.until {
            self.end("not measured", began);
        }
        self.push(phase, took, now);
    }

    fn push(&mut self, phase: &str, took: Duration, now: Duration) {
        let counted = now.saturating_sub(self.until);
        self.phases.push(Phase { name: phase.to_owned(), took, counted });
        self.until += counted;
    }

    /// Prints the phases that have not been printed.
    fn show(&mut self) {
        for phase in &self.phases[self.shown..] {
            if phase.took >= SHOWN {
                say!("{}", phase.line());
            }
        }
        self.shown = self.phases.len();
    }
}

impl Phase {
    fn line(&self) -> String {
        let line = timed(&self.name, milliseconds(self.took));
        let beside = self.took.saturating_sub(self.counted);
        if beside < SHOWN { line } else { format!("{line}, {:.1} s of it overlapping", beside.as_secs_f32()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn counted(account: &Account) -> Vec<(&str, u64)> {
        account.phases.iter().map(|phase| (phase.name.as_str(), phase.counted.as_secs())).collect()
    }

    /// The sum of the phases equals the elapsed time.
    fn assert_whole(account: &Account, now: Duration) {
        assert_eq!(account.phases.iter().map(|phase| phase.counted).sum::<Duration>(), now, "{:?}", account.phases);
        assert_eq!(account.until, now);
    }

    #[test]
    fn phases_follow_one_another() {
        let mut account = Account::default();
        account.end("build xtask", seconds(20));
        account.end("node image", seconds(25));
        account.end("the rest", seconds(25));
        assert_eq!(counted(&account), [("build xtask", 20), ("node image", 5), ("the rest", 0)]);
        assert_whole(&account, seconds(25));
    }

    #[test]
    fn what_nobody_measured_is_a_phase() {
        let mut account = Account::default();
        account.end("node image", seconds(5));
        account.measured("nodes boot", seconds(4), seconds(12));
        account.measured("kubeadm init", seconds(10), seconds(22));
        assert_eq!(
            counted(&account),
            [("node image", 5), ("not measured", 3), ("nodes boot", 4), ("kubeadm init", 10)]
        );
        assert_whole(&account, seconds(22));
    }

    #[test]
    fn what_goes_on_side_by_side_counts_once() {
        let mut account = Account::default();
        account.measured("istiod", seconds(20), seconds(20));
        account.measured("cert-manager", seconds(30), seconds(30));
        account.measured("SPIRE", seconds(8), seconds(38));
        account.measured("all three", seconds(38), seconds(38));
        assert_eq!(counted(&account), [("istiod", 20), ("cert-manager", 10), ("SPIRE", 8), ("all three", 0)]);
        assert_whole(&account, seconds(38));
        let line = account.phases[1].line();
        assert!(line.ends_with("30.0 s, 20.0 s of it overlapping"), "{line}");
        assert!(!account.phases[2].line().contains("overlapping"));
    }

    #[test]
    fn the_sum_is_the_total_whatever_is_measured() {
        // Durations that are too long and ends before the previous end, in every order of three.
        let samples = [0, 1, 3, 7, 50];
        for a in samples {
            for b in samples {
                for c in samples {
                    let mut account = Account::default();
                    account.end("a", seconds(a));
                    account.measured("b", seconds(c), seconds(b));
                    account.measured("c", seconds(a), seconds(c));
                    account.end("the rest", seconds(60));
                    assert_whole(&account, seconds(60));
                }
            }
        }
    }

    #[test]
    fn the_launcher_is_believed_about_this_process_alone() {
        let now = UNIX_EPOCH + Duration::from_millis(5_000);
        assert_eq!(since("7:3500", 7, now), Some(Duration::from_millis(1_500)));
        assert_eq!(since("7:3500", 8, now), None, "another process inherits the variable");
        for wrong in ["", "7", "7:", "7:soon", ":3500", "7:9000"] {
            assert_eq!(since(wrong, 7, now), None, "{wrong}");
        }
    }

    #[test]
    fn a_clock_counts_from_its_start_to_its_end() {
        let clock = Clock::start();
        clock.end("a");
        clock.measured("b", Duration::from_millis(10));
        let total = clock.stop();
        let account = clock.account();
        assert_eq!(account.phases.iter().map(|phase| phase.counted).sum::<Duration>(), total);
        let names: Vec<&str> = account.phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, ["build xtask", "a", "b", "the rest"]);
    }
}
