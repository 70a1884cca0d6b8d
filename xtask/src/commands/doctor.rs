//! `cargo xtask doctor`: which prerequisites this machine meets, and which versions of the stack are out of support.

use std::io::Write as _;
use std::process::ExitCode;

use harness::stack::{Known, promtool};
use jiff::{Zoned, tz::TimeZone};
use mtls_core::support::{State, Support, SupportVerdict, judge};
use mtls_images::{Check, Finding, StackName};

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
    // Separate from the others: it needs the network, and an unreachable registry is not a failure.
    checks.push(
        mtls_images::check_registries(&args.images.request(super::images::request(&StackName::default())?)).await?,
    );
    let mut out = std::io::stdout().lock();
    for check in &checks {
        writeln!(out, "{}", row(check))?;
    }
    let declared = Known::new(mtls_images::declared(&super::images::request(&StackName::default())?)?, None).declared();
    for line in support(&judge(&declared, Zoned::now().with_time_zone(TimeZone::UTC).date())) {
        writeln!(out, "{line}")?;
    }
    let lacking = checks.iter().any(|check| matches!(check.finding, Finding::Unsupported { .. }));
    Ok(if lacking { ExitCode::from(ENVIRONMENT) } else { ExitCode::SUCCESS })
}

/// Every check.
pub(super) async fn checks() -> anyhow::Result<Vec<Check>> {
    let mut checks = mtls_images::check_all(&super::images::request(&StackName::default())?).await?;
    checks.push(rules(promtool::version()));
    Ok(checks)
}

/// Without promtool, scenarios about the arithmetic of alert rules are not applicable.
fn rules(version: Option<String>) -> Check {
    let finding = match version {
        Some(version) => Finding::Good(version),
        None => Finding::Unsupported {
            problem: "`promtool` does not run; alert rules cannot be tested".to_owned(),
            fix: "install it: `cargo xtask provision`, or `apt-get install prometheus`".to_owned(),
        },
    };
    Check { name: "promtool", finding }
}

/// The support status that a report would contain today. It concerns no prerequisite, so it does not change the exit
/// status.
fn support(support: &Support) -> Vec<String> {
    let line = |word: &str, text: &str| format!("{word:8} {:17} {text}", "support");
    let fix = "\n         fix: take a supported series in fixtures/stack/stack.yaml; until then every report says this on its first page";
    let look = "\n         fix: read the page again, and update `held` and `read-on` in fixtures/stack/stack.yaml";
    let mut lines: Vec<String> = support
        .ended()
        .map(|one| line("finding", &one.line()) + if is_gone(one, support) { fix } else { "" })
        .collect();
    lines.extend(support.of(State::Unconfirmed).map(|one| line("stale", &one.line()) + look));
    let unknown: Vec<String> = support.of(State::Unknown).map(SupportVerdict::name).collect();
    if !unknown.is_empty() {
        lines.push(line("unknown", &format!("no support window is known of {}", unknown.join(", "))));
    }
    let supported = support.of(State::Supported).count();
    lines.extend((supported > 0).then(|| line("ok", &format!("{supported} support windows are open"))));
    lines
}

/// Whether no other party supports a version that is out of support.
fn is_gone(ended: &SupportVerdict, support: &Support) -> bool {
    !support.of(State::Supported).any(|other| other.name() == ended.name())
}

fn row(check: &Check) -> String {
    match &check.finding {
        Finding::Good(found) => format!("ok       {:17} {found}", check.name),
        Finding::Unsupported { problem, fix } => {
            format!("missing  {:17} {problem}\n         fix: {fix}", check.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use mtls_core::support::Examined;
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_past_their_end_are_said_before_a_run() {
        let row = |component: &str, by: &str, until: &str| json!({"component": component, "version": "1", "by": by, "until": until, "source": "a page", "read-on": "2026-11-01"});
        let examined: Vec<Examined> = serde_json::from_value(json!([
            {"component": "a", "version": "1.2", "seen": [], "rows": [row("a", "upstream", "2026-11-29")]},
            {"component": "b", "version": "1.3", "seen": [], "rows": [row("b", "upstream", "2026-01-01"), row("b", "debian", "2028-01-01")]},
            {"component": "c", "version": "1.4", "seen": [], "rows": [
                {"component": "c", "version": "1", "rule": "until 3 is out", "held": "2026-06-01", "source": "a page", "read-on": "2026-07-01"},
            ]},
            {"component": "d", "version": "1.5", "seen": []},
            {"component": "e", "version": "1.6", "seen": []},
        ]))
        .unwrap();
        let lines = support(&judge(&examined, "2026-11-30".parse().unwrap()));
        assert_eq!(
            lines,
            [
                "finding  support           a 1.2: support of 1 by upstream ended on 2026-11-29 (a page; read on 2026-11-01)\n         \
                 fix: take a supported series in fixtures/stack/stack.yaml; until then every report says this on its first page",
                "finding  support           b 1.3: support of 1 by upstream ended on 2026-01-01; Debian supports its package until \
                 2028-01-01 (a page; read on 2026-11-01)",
                "stale    support           c 1.4: not confirmed since 2026-06-01: supported until 3 is out (a page; read on \
                 2026-07-01)\n         fix: read the page again, and update `held` and `read-on` in fixtures/stack/stack.yaml",
                "unknown  support           no support window is known of d 1.5, e 1.6",
                "ok       support           1 support windows are open",
            ]
        );
    }

    #[test]
    fn a_missing_thing_shows_its_fix_below() {
        let check = Check {
            name: "go",
            finding: Finding::Unsupported {
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
