//! Runs promtool: checks the syntax of rules and runs their unit tests, without a cluster and with simulated time.
//!
//! Returns promtool's output. The judge decides whether a failed test is a failed requirement.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, stream};
use mtls_core::{duration::spell_duration, scenario::rule_tests::RuleTestCase};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

const PROGRAM: &str = "promtool";
/// A test takes about a second; more on a loaded machine.
const LIMIT: Duration = Duration::from_secs(120);
/// Number of concurrent tests, each in a process of its own.
const SIDE_BY_SIDE: usize = 2;

/// Why promtool could not be run.
#[derive(Debug, thiserror::Error)]
pub enum PromtoolError {
    #[error("start promtool; `cargo xtask provision` installs it")]
    Start(#[source] std::io::Error),
    #[error("promtool did not finish {what} within {}", spell_duration(LIMIT))]
    Slow { what: String },
    #[error("promtool ended by a signal during {what}")]
    Killed { what: String },
    #[error("read the rule file {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// The result of checking a rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub groups: usize,
    pub rules: usize,
    /// One line each; empty for a valid file.
    pub problems: Vec<String>,
}

/// The result of one rule test.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTestResult {
    pub name: String,
    pub passed: bool,
    /// Number of assertions in the test.
    pub assertions: usize,
    /// promtool's message, if the test failed.
    pub message: Option<String>,
}

/// The version of promtool, if it is installed.
pub fn version() -> Option<String> {
    let output = std::process::Command::new(PROGRAM).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let version = text.split("version ").nth(1)?.split([' ', '\n']).next()?;
    output.status.success().then(|| version.to_owned())
}

/// Checks one rule file with promtool's linter.
///
/// # Errors
///
/// When promtool cannot be run. An invalid file is a result, not an error.
pub async fn check(file: &Path) -> Result<Checked, PromtoolError> {
    let text = std::fs::read_to_string(file).map_err(|source| PromtoolError::Read { path: file.to_owned(), source })?;
    let (groups, rules) = count(&text);
    let what = "the check of a rule file";
    let (success, output) = run(&["check", "rules", "/dev/stdin"], text.as_bytes(), what).await?;
    let lines = output.lines().map(str::trim).filter(|line| {
        !line.is_empty() && !line.starts_with("Checking ") && *line != "FAILED:" && !line.starts_with("SUCCESS")
    });
    let mut problems: Vec<String> =
        if success { Vec::new() } else { lines.map(|line| line.replace("/dev/stdin: ", "")).collect() };
    if !success && problems.is_empty() {
        problems.push("promtool refused the file without a message".to_owned());
    }
    Ok(Checked { groups, rules, problems })
}

/// Runs every test case against these rule files, each in a process of its own, so that the result does not depend
/// on how a version of promtool prints several.
///
/// # Errors
///
/// When promtool cannot be run. A failed test is a result, not an error.
pub async fn test(cases: &[RuleTestCase], rules: &[PathBuf]) -> Result<Vec<RuleTestResult>, PromtoolError> {
    stream::iter(cases).map(|case| run_case(case, rules)).buffered(SIDE_BY_SIDE).try_collect().await
}

async fn run_case(case: &RuleTestCase, rules: &[PathBuf]) -> Result<RuleTestResult, PromtoolError> {
    let mut document = case.document.clone();
    document.insert("rule_files".to_owned(), json!(rules));
    // JSON is YAML. promtool resolves `rule_files` relative to the file's folder; these paths are absolute.
    let text = Value::Object(document).to_string();
    let (passed, output) = run(&["test", "rules", "/dev/stdin"], text.as_bytes(), &case.name).await?;
    let message = (!passed).then(|| without_frame(&output));
    Ok(RuleTestResult { name: case.name.clone(), passed, assertions: case.assertions, message })
}

/// promtool's output without its frame.
fn without_frame(output: &str) -> String {
    let frame = |line: &&str| !matches!(line.trim(), "" | "FAILED:" | "Unit Testing:  /dev/stdin");
    output.lines().filter(frame).map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Returns whether promtool succeeded, and its whole output.
async fn run(arguments: &[&str], input: &[u8], what: &str) -> Result<(bool, String), PromtoolError> {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(PromtoolError::Start)?;
    let mut stdin = child.stdin.take();
    let work = async {
        if let Some(stdin) = &mut stdin {
            // If promtool does not read all input, its output contains the reason.
            let _ = stdin.write_all(input).await;
        }
        drop(stdin.take());
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(LIMIT, work)
        .await
        .map_err(|_| PromtoolError::Slow { what: what.to_owned() })?
        .map_err(PromtoolError::Start)?;
    if output.status.code().is_none() {
        return Err(PromtoolError::Killed { what: what.to_owned() });
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Ok((output.status.success(), text))
}

/// Numbers of groups and rules in a rule file; 0 for an invalid one, which promtool reports.
fn count(text: &str) -> (usize, usize) {
    let file: Value = serde_saphyr::from_str(text).unwrap_or_default();
    let groups = file["groups"].as_array().map_or(&[][..], Vec::as_slice);
    (groups.len(), groups.iter().filter_map(|group| group["rules"].as_array()).map(Vec::len).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_counted_and_nonsense_holds_none() {
        assert_eq!(
            count("groups:\n- {name: a, rules: [{alert: A}, {alert: B}]}\n- {name: b, rules: [{alert: C}]}"),
            (2, 3)
        );
        assert_eq!(count("[1, 2]"), (0, 0));
        assert_eq!(count("{"), (0, 0));
    }

    #[test]
    fn the_frame_is_not_the_message() {
        assert_eq!(
            without_frame("Unit Testing:  /dev/stdin\n  FAILED:\n    expr: \"up\", time: 5m,\n        got: nil\n\n"),
            "expr: \"up\", time: 5m,\ngot: nil"
        );
    }
}
