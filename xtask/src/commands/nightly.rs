//! `cargo xtask nightly`: every scenario, the read-only ones repeatedly, and every sabotage, in one world.
//!
//! Each stage is a command of this program with a folder of its own, so that a pipeline and a user at a terminal get
//! the same output. The exit code is the worst of the stages. An interrupted nightly run resumes with the same
//! `--out`.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};
use harness::run::{run_id, stop_on_interrupt};
use mtls_core::verdict::Exit;

use super::{
    node_image::Source,
    stages::{Estimate, Record, Stage, StageLog, run_stages},
};
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
    run_stages(&stages(arguments), &mut stage_log, &Estimate::default())?;
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

fn stages(arguments: &Arguments) -> Vec<Stage> {
    let stage = Stage::new;
    // The runs of one night are compared with each other in the history of a check.
    let night = run_id(jiff::Timestamp::now(), std::process::id());
    let world = format!("--env kind --name {} --night {night}", arguments.name);
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
    stages.push(stage("prove-loopback", &format!("prove --env loopback --night {night}"), Record::Resumed));
    if arguments.wild {
        stages.push(stage("wild", &format!("prove {world} --wild"), Record::Anew));
    }
    stages
}
