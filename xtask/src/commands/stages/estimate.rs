//! How long the stages that are left will take, by what they took before.
//!
//! Input: the stage logs of earlier commands on this machine. Output: words. It promises nothing: a stage that was never finished here is
//! said to be unknown.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

use super::StageLog;

/// The last known durations of stages, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Estimate(BTreeMap<String, u64>);

impl Estimate {
    /// From the folders in these folders that have a stage log; the newest counts.
    pub(in crate::commands) fn of(folders: &[&Path]) -> Self {
        let mut logs: Vec<(SystemTime, StageLog)> = Vec::new();
        let listed = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        for folder in listed.map(|entry| entry.path()) {
            let written = fs::metadata(folder.join("stages.json")).and_then(|file| file.modified());
            // A log that cannot be read is no reason to stop: it is only about how long something takes.
            if let (Ok(written), Ok(log)) = (written, StageLog::open(&folder)) {
                logs.push((written, log));
            }
        }
        logs.sort_by_key(|(written, _)| *written);
        let durations = logs.iter().flat_map(|(_, log)| log.durations());
        Self(durations.map(|(stage, took_ms)| (stage.to_owned(), took_ms)).collect())
    }

    /// ` (about 40 min left; by earlier runs)`, or nothing when nothing is known.
    pub(super) fn remaining(&self, stages: &[&str]) -> String {
        let (known, unknown): (Vec<&str>, Vec<&str>) = stages.iter().partition(|stage| self.0.contains_key(**stage));
        if known.is_empty() {
            return String::new();
        }
        let minutes = known.iter().map(|stage| self.0[*stage]).sum::<u64>().div_ceil(60_000);
        let more = if unknown.is_empty() {
            String::new()
        } else {
            format!(", and {}, which is unknown", unknown.join(" and "))
        };
        format!(" (about {minutes} min left by earlier runs{more})")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mtls_core::verdict::Exit;

    use super::*;

    #[test]
    fn the_newest_duration_of_a_finished_stage_counts() {
        let runs = tempfile::tempdir().unwrap();
        let write = |folder: &str, stage: &str, exit, seconds| {
            let folder = runs.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            StageLog::open(&folder).unwrap().write(stage, exit, Duration::from_secs(seconds)).unwrap();
        };
        write("one", "up", Exit::Conformant, 90);
        write("two", "run", Exit::Conformant, 601);
        write("two", "run", Exit::Broken, 5);
        fs::create_dir_all(runs.path().join("three")).unwrap();
        fs::write(runs.path().join("three/stages.json"), "[{").unwrap();
        let estimate = Estimate::of(&[runs.path()]);
        assert_eq!(estimate.remaining(&["up", "run"]), " (about 12 min left by earlier runs)");
        assert_eq!(
            estimate.remaining(&["run", "proof"]),
            " (about 11 min left by earlier runs, and proof, which is unknown)"
        );
        assert_eq!(estimate.remaining(&["proof"]), "");
    }
}
