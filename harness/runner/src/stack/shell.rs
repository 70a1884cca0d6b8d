//! Runs a shell command as an administrator of the cluster would: on the control plane, with the administrator's
//! kubeconfig, in a folder of its own beside the infrastructure trees.
//!
//! Returns the shell's output. The purpose and the expected result of the command are not known here.

use std::time::Duration;

use serde::Deserialize;

use super::trees::{PLACE, Trees};
use crate::cluster::EngineError;

/// The exit code and the output of a command.
#[derive(Clone, Debug, Deserialize)]
pub struct ShellOutput {
    /// The exit code.
    pub code: i64,
    /// Whether the command was stopped at the timeout.
    #[serde(default)]
    pub cut_off: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Why no shell could be started.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the output of the shell on the node cannot be read")]
    Answer(#[from] serde_json::Error),
}

/// Additional time for the outer shell, and for a program that does not stop on request.
const TIMEOUT_SLACK: Duration = Duration::from_secs(30);

/// Runs a command and stops it after `limit`. Removes its temporary files from the node; its intended effects stay.
///
/// # Errors
///
/// When no shell can be started. A failing command is a result, not an error.
pub async fn shell(trees: &Trees, text: &str, limit: Duration) -> Result<ShellOutput, ShellError> {
    let seconds = limit.as_secs().max(1).to_string();
    let command = ["bash", "-c", WRAPPER, PLACE, &seconds, text];
    let answer = trees.beside(&command, limit + TIMEOUT_SLACK).await?;
    let mut output: ShellOutput = serde_json::from_slice(&answer)?;
    // Exit codes of `timeout` for a stopped and for a killed program.
    output.cut_off = matches!(output.code, 124 | 137);
    Ok(output)
}

/// $0: folder of the trees; $1: seconds; $2: command. Caches of programs are in the home folder, which is removed too.
const WRAPPER: &str = r#"
set -u
here=$(mktemp -d /tmp/printed.XXXXXX) && said=$(mktemp -d /tmp/printed.XXXXXX) && cd "$here" || exit 1
trap 'rm -rf "$here" "$said"' EXIT
ln -s "$0" infra
export HOME="$said" KUBECONFIG=/etc/kubernetes/admin.conf
timeout --kill-after=5 "$1" bash -c "$2" </dev/null >"$said/stdout" 2>"$said/stderr"
code=$?
for one in stdout stderr; do head -c 32768 "$said/$one" >"$said/$one.short"; done
jq --null-input --argjson code "$code" --rawfile stdout "$said/stdout.short" --rawfile stderr "$said/stderr.short" \
    '{$code, $stdout, $stderr}'
"#;
