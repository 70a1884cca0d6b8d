//! `cargo xtask differential`: the predictor of mesh policies against what istiod pushes in a world.
//!
//! Policies of the root namespace concern the whole world while it runs: use a world that nothing else uses. Judges no
//! product: a disagreement is a fault of the predictor, or a change of istiod.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use harness::differential::{DifferentialRequest, Tally, differential};
use mtls_core::verdict::Exit;
use mtls_kubernetes::{Access, Kube};

use crate::paths;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the world, which `cargo xtask up` created.
    #[arg(long, default_value = paths::DEFAULT_WORLD, value_parser = paths::world_name)]
    name: String,
    /// The least number of policy sets: what concerns one pod in one batch of generated policies is a set.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    sets: usize,
    /// Makes the generated policies repeatable.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let _hold = paths::hold(&arguments.name)?;
    let request = DifferentialRequest { sets: arguments.sets, seed: arguments.seed };
    let kubeconfig = paths::kubeconfig(&arguments.name);
    let tally = paths::runtime()?.block_on(async {
        let kube = Kube::from_file(&kubeconfig, Access::Full)
            .await
            .with_context(|| format!("there is no world {}: `cargo xtask up --name {0}`", arguments.name))?;
        anyhow::Ok(differential(&kube, request, progress).await?)
    })?;
    say!("seed {}: {}", arguments.seed, counts(&tally));
    for (field, count) in &tally.unknown {
        say!("  not predicted because of `{field}`: {count}");
    }
    for one in tally.disagreements.iter().take(SHOWN) {
        say!("✗ {}: {}: predicted {}, pushed {}", one.pod, one.question, one.predicted, one.pushed);
    }
    if tally.disagreements.len() > SHOWN {
        say!("  and {} more", tally.disagreements.len() - SHOWN);
    }
    Ok(ExitCode::from(if tally.disagreements.is_empty() { Exit::Conformant } else { Exit::Broken }.code()))
}

/// Disagreements that are printed.
const SHOWN: usize = 40;

fn progress(tally: &Tally) {
    say!("{}", counts(tally));
}

fn counts(tally: &Tally) -> String {
    let unknown: usize = tally.unknown.values().sum();
    format!(
        "{} policy sets: {} equal answers, {} disagreements, {unknown} questions not predicted",
        tally.sets,
        tally.agreements,
        tally.disagreements.len()
    )
}
