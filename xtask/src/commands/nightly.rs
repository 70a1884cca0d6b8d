//! `cargo xtask nightly`: every scenario, the read-only ones repeatedly, and every sabotage, in one world.
//!
//! Each stage is a command of this program with a folder of its own, so that a pipeline and a user at a terminal get
//! the same output. The exit code is the worst of the stages. An interrupted nightly run resumes with the same
//! `--out`.

mod stage_log;

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context as _, Result};
use harness::run::stop_on_interrupt;
use mtls_core::{evidence::log, verdict::Exit};

use self::stage_log::StageLog;
use super::node_image::Source;
use crate::{paths, terminal::seconds};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder for the records of all stages. With that of an interrupted run, finished stages are not run again.
    #[arg(long, value_name = "DIR", default_value = "target/e2e/nightly")]
    out: PathBuf,
    /// Name of the world, which is created and removed.
    #[arg(long, default_value = "nightly", value_parser = paths::world_name)]
    name: String,
    /// Install and start what this machine lacks first (Debian, as root).
    #[arg(long)]
    provision: bool,
    #[command(flatten)]
    images: Source,
    /// How often all scenarios are run in a row, to see equal results.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// How often the read-only scenarios are run in a row.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    quiet: u32,
    /// Also run the read-only scenarios under every change of the library, which takes long.
    #[arg(long)]
    wild: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Ctrl-C reaches the stage as well: it stops in order, and the nightly run then stops too.
    let runtime = paths::runtime()?;
    let _entered = runtime.enter();
    let name = arguments.name.clone();
    let _stop = stop_on_interrupt(move || super::e2e::leave_now(&name));
    let program = std::env::current_exe().context("find this program")?;
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("create {}", arguments.out.display()))?;
    let mut stage_log = StageLog::open(&arguments.out)?;
    for stage in stages(arguments) {
        if stage.is_done(&stage_log) {
            say!("\n=== {}: done before", stage.name);
            continue;
        }
        say!("\n=== {}", stage.name);
        let started = Instant::now();
        let status = Command::new(&program)
            .args(stage.words(&stage_log))
            .current_dir(paths::workspace())
            .status()
            .with_context(|| format!("run the stage {}", stage.name))?;
        let exit = Exit::from_code(status.code());
        stage_log.write(stage.name, exit, started.elapsed())?;
        if exit == Exit::Interrupted || (stage.is_needed() && exit != Exit::Conformant) {
            break;
        }
    }
    // The world is removed whatever happened; the records stay.
    let down = Command::new(&program).args(["down", "--name", &arguments.name]).status().context("remove the world")?;
    say!();
    for stage in stage_log.stages() {
        say!("{:<16} {:<28} {:>9}", stage.name, stage.exit.meaning(), seconds(stage.took_ms));
    }
    let exit = Exit::of_runs(stage_log.stages().map(|stage| stage.exit).chain([Exit::from_code(down.code())]));
    say!("exit code {} ({})\nrecords: {}", exit.code(), exit.meaning(), arguments.out.display());
    Ok(ExitCode::from(exit.code()))
}

/// A command of this program, and the handling of its record.
struct Stage {
    name: &'static str,
    words: Vec<String>,
    /// Whether the stage has a record, and can resume from one.
    record: Record,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Record {
    None,
    Anew,
    Resumed,
}

impl Stage {
    /// Whether all later stages depend on it: it creates the world, and has no record.
    fn is_needed(&self) -> bool {
        self.record == Record::None
    }

    /// Whether the stage is finished. Stages in the world are repeated, because the world is removed after each
    /// nightly run.
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

fn stages(arguments: &Arguments) -> Vec<Stage> {
    let stage = |name, text: &str, record| Stage { name, words: text.split(' ').map(str::to_owned).collect(), record };
    let world = format!("--env kind --name {}", arguments.name);
    let mut stages = Vec::new();
    if arguments.provision {
        stages.push(stage("provision", "provision", Record::None));
    }
    let sourced = |name, text: &str| {
        let mut stage = stage(name, text, Record::None);
        stage.words.extend(arguments.images.words());
        stage
    };
    // The stages after `up` use the same images, which are then the ones used last.
    stages.push(sourced("images", "images get"));
    stages.push(sourced("up", &format!("up --name {}", arguments.name)));
    stages.push(stage("e2e", &format!("e2e {world} --repeat {}", arguments.repeat), Record::Anew));
    stages.push(stage("quiet", &format!("e2e {world} --read-only --repeat {}", arguments.quiet), Record::Anew));
    stages.push(stage("prove", &format!("prove {world}"), Record::Resumed));
    stages.push(stage("prove-loopback", "prove --env loopback", Record::Resumed));
    if arguments.wild {
        stages.push(stage("wild", &format!("prove {world} --wild"), Record::Anew));
    }
    stages
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
