//! A text run as somebody at the cluster's own console would: by a shell on the control plane, with the administrator's
//! kubeconfig, in a folder of its own beside the infrastructure trees.
//!
//! Says what the shell said. It knows neither what the text is for nor whether it should have worked.

use std::time::Duration;

use serde::Deserialize;

use super::trees::{PLACE, Trees};
use crate::cluster::EngineError;

/// How a text ended, and what it said until then.
#[derive(Clone, Debug, Deserialize)]
pub struct ShellOutput {
    pub code: i64,
    /// Whether it had to be ended.
    #[serde(default)]
    pub cut_off: bool,
    pub stdout: String,
    pub stderr: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the shell on the node said nothing that can be read")]
    Answer(#[from] serde_json::Error),
}

/// For the shell around it, and for a program that does not end when told to.
const SPARE: Duration = Duration::from_secs(30);

/// Runs a text, and ends it after `limit`. Nothing of it is left on the node but what it did on purpose.
///
/// # Errors
///
/// When no shell can be had. A text that fails is no error but an answer.
pub async fn shell(trees: &Trees, text: &str, limit: Duration) -> Result<ShellOutput, ShellError> {
    let seconds = limit.as_secs().max(1).to_string();
    let command = ["bash", "-c", AROUND, PLACE, &seconds, text];
    let answer = trees.beside(&command, limit + SPARE).await?;
    let mut said: ShellOutput = serde_json::from_slice(&answer)?;
    // What `timeout` returns for what it ended, and for what it had to kill.
    said.cut_off = matches!(said.code, 124 | 137);
    Ok(said)
}

/// $0: where the trees lie; $1: seconds; $2: the text. Programs keep caches at home, which goes with the rest.
const AROUND: &str = r#"
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
