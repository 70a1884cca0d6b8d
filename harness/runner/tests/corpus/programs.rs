//! The reference programs and the probe, found beside this test, or built if they are missing.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

/// Runs a program with one job and returns its lines.
pub(crate) async fn run(program: &str, command: &str, job: &impl Serialize) -> Vec<Value> {
    let mut child = started(program, command).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let job = format!("{}\n", serde_json::to_string(job).unwrap());
    let writing = async move { input.write_all(job.as_bytes()).await.unwrap() };
    let ending = tokio::time::timeout(Duration::from_secs(120), child.wait_with_output());
    let ((), output) = tokio::join!(writing, ending);
    let output = output.expect("it ends within two minutes").unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A command with pipes, whose process ends when it is dropped.
pub(crate) fn started(program: &str, command: &str) -> Command {
    let mut child = Command::new(built(program));
    child.arg(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    child
}

/// Lines of a child's standard output, as JSON.
pub(crate) fn lines(child: &mut Child) -> tokio::io::Lines<tokio::io::BufReader<tokio::process::ChildStdout>> {
    use tokio::io::AsyncBufReadExt;
    tokio::io::BufReader::new(child.stdout.take().unwrap()).lines()
}

const PACKAGES: [&str; 3] = ["reference-workload", "mtls-client", "mtls-probe"];

fn built(program: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // Test programs are in `<profile>/deps`.
        let folder = std::env::current_exe().unwrap().ancestors().nth(2).map(Path::to_path_buf).unwrap();
        let missing = PACKAGES.iter().any(|name| !folder.join(name).is_file());
        if missing {
            let built = std::process::Command::new(env!("CARGO"))
                .args(["build", "--quiet"])
                .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status()
                .unwrap();
            assert!(built.success(), "cargo build of the programs: {built}");
        }
        folder
    });
    folder.join(program)
}
