//! Commands that are a list of other commands of this program, each with a record of its own.
//!
//! A stage is a process: a pipeline and a user at a terminal get the same output. What was finished is in `stages.json`, so that an
//! interrupted command goes on with the same folder. Which stages there are is the business of each command.

mod estimate;
mod stage_log;

use std::{process::Command, time::Instant};

use anyhow::{Context as _, Result};
use mtls_core::{evidence::log, verdict::Exit};

pub(super) use self::{estimate::Estimate, stage_log::StageLog};
use crate::paths;

/// Runs the stages that are not finished, in order; ends early when one is interrupted, or one fails that others need.
pub(super) fn run_stages(stages: &[Stage], stage_log: &mut StageLog, estimate: &Estimate) -> Result<()> {
    let program = std::env::current_exe().context("find this program")?;
    for (index, stage) in stages.iter().enumerate() {
        if stage.is_done(stage_log) {
            say!("\n=== {}: done before", stage.name);
            continue;
        }
        let left: Vec<&str> =
            stages[index..].iter().filter(|one| !one.is_done(stage_log)).map(|one| one.name).collect();
        say!("\n=== {}{}", stage.name, estimate.remaining(&left));
        let started = Instant::now();
        let status = Command::new(&program)
            .args(stage.words(stage_log))
            .current_dir(paths::workspace())
            .status()
            .with_context(|| format!("run the stage {}", stage.name))?;
        let exit = Exit::from_code(status.code());
        stage_log.write(stage.name, exit, started.elapsed())?;
        if exit == Exit::Interrupted || (stage.is_needed() && exit != Exit::Conformant) {
            break;
        }
    }
    Ok(())
}

/// A command of this program, and the handling of its record.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) words: Vec<String>,
    /// Whether the stage has a record, and can resume from one.
    pub(super) record: Record,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    None,
    Anew,
    Resumed,
}

impl Stage {
    /// A stage with these words of a command line, separated by spaces.
    pub(super) fn new(name: &'static str, text: &str, record: Record) -> Self {
        Self { name, words: text.split(' ').map(str::to_owned).collect(), record }
    }

    /// Whether all later stages depend on it: it creates the world, and has no record.
    fn is_needed(&self) -> bool {
        self.record == Record::None
    }

    /// Whether the stage is finished. Stages that make the world are repeated: it is removed after each command.
    fn is_done(&self, stage_log: &StageLog) -> bool {
        !self.is_needed() && stage_log.ended_well(self.name)
    }

    /// Every attempt has a folder of its own: a record is never overwritten.
    fn words(&self, stage_log: &StageLog) -> Vec<String> {
        let mut words = self.words.clone();
        if self.record != Record::None {
            let earlier = stage_log.records(self.name);
            words.extend(["--out".to_owned(), stage_log.record(self.name, earlier.len() + 1).display().to_string()]);
            let recorded = earlier.iter().filter(|folder| folder.join(log::FILE_NAME).is_file());
            let recorded: Vec<String> = recorded.map(|folder| folder.display().to_string()).collect();
            if self.record == Record::Resumed && !recorded.is_empty() {
                words.extend(["--resume".to_owned(), recorded.join(",")]);
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_second_attempt_goes_on_from_the_first() {
        let out = tempfile::tempdir().unwrap();
        let stage_log = StageLog::open(out.path()).unwrap();
        let words = |record| {
            let stage = Stage { name: "prove", words: vec!["prove".to_owned()], record };
            stage.words(&stage_log).join(" ").replace(&out.path().display().to_string(), "out")
        };
        assert_eq!(words(Record::Resumed), "prove --out out/prove-1");
        fs::create_dir(out.path().join("prove-1")).unwrap();
        // Killed before its first event: there is nothing to resume from.
        assert_eq!(words(Record::Resumed), "prove --out out/prove-2");
        fs::write(out.path().join("prove-1").join(log::FILE_NAME), "").unwrap();
        assert_eq!(words(Record::Resumed), "prove --out out/prove-2 --resume out/prove-1");
        assert_eq!(words(Record::Anew), "prove --out out/prove-2");
        assert_eq!(words(Record::None), "prove");
    }

    #[test]
    fn the_world_is_made_anew_and_what_is_on_record_is_not() {
        let out = tempfile::tempdir().unwrap();
        let mut stage_log = StageLog::open(out.path()).unwrap();
        for name in ["up", "e2e"] {
            stage_log.write(name, Exit::Conformant, std::time::Duration::ZERO).unwrap();
        }
        let done = |name, record| Stage { name, words: Vec::new(), record }.is_done(&stage_log);
        assert!(done("e2e", Record::Anew) && !done("up", Record::None) && !done("prove", Record::Resumed));
    }
}
