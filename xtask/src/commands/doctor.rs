//! `cargo xtask doctor`: what this machine has of what the harness needs.

use std::io::Write as _;
use std::process::ExitCode;

use harness::{
    images::{self, Check, Finding},
    stack::promtool,
};

use super::node_image::Source;

/// The exit status when something is missing.
pub(super) const ENVIRONMENT: u8 = 3;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    images: Source,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut checks = checks().await?;
    // Not among the others: it leaves this machine, and nothing is missing where no registry answers.
    checks.push(images::check_registries(&args.images.request(super::images::request()?)).await?);
    let mut out = std::io::stdout().lock();
    for check in &checks {
        writeln!(out, "{}", row(check))?;
    }
    let lacking = checks.iter().any(|check| matches!(check.finding, Finding::Lacking { .. }));
    Ok(if lacking { ExitCode::from(ENVIRONMENT) } else { ExitCode::SUCCESS })
}

/// Everything that is looked at.
pub(super) async fn checks() -> anyhow::Result<Vec<Check>> {
    let mut checks = images::check_all(&super::images::request()?).await?;
    checks.push(rules(promtool::version()));
    Ok(checks)
}

/// Without it, scenarios about the arithmetic of alert rules are not applicable.
fn rules(version: Option<String>) -> Check {
    let finding = match version {
        Some(version) => Finding::Good(version),
        None => Finding::Lacking {
            problem: "`promtool` does not run; alert rules cannot be tested".to_owned(),
            fix: "install it: `cargo xtask provision`, or `apt-get install prometheus`".to_owned(),
        },
    };
    Check { name: "promtool", finding }
}

fn row(check: &Check) -> String {
    match &check.finding {
        Finding::Good(found) => format!("ok       {:17} {found}", check.name),
        Finding::Lacking { problem, fix } => {
            format!("missing  {:17} {problem}\n         fix: {fix}", check.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_thing_shows_its_fix_below() {
        let check = Check {
            name: "go",
            finding: Finding::Lacking {
                problem: "`go` is not on PATH".to_owned(),
                fix: "install Go 1.26 or newer".to_owned(),
            },
        };
        assert_eq!(
            row(&check),
            "missing  go                `go` is not on PATH\n         fix: install Go 1.26 or newer"
        );
    }
}
