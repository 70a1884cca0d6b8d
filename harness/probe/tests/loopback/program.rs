//! The program as the harness runs it: standard input, standard output, exit codes.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::server::resetting;

pub(crate) struct ProcessOutput {
    pub(crate) code: i32,
    pub(crate) lines: Vec<Value>,
    pub(crate) stderr: String,
}

pub(crate) fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mtls-probe"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub(crate) async fn run(arguments: &[&str], input: &str) -> ProcessOutput {
    let mut child = start(arguments);
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await;
    let output = ended.expect("it ends").unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    ProcessOutput {
        code: output.status.code().unwrap(),
        lines: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn a_malformed_job_is_exit_2_with_a_position_and_no_output() {
    for (arguments, input, expected) in [
        (["attempts"], "{\"attempts\": [}\n", "standard input:1:15"),
        (["attempts"], "{\"attempts\": [{\"id\": 1}]}\n", "standard input:1:"),
        (["attempts"], "", "ended before a job"),
        (["serve"], "{\"listen\": \"127.0.0.1\"}\n", "missing field"),
        (["fake-agent"], "{\"socket\": \"/x\"}\n", "missing field"),
        (["sing"], "", "unrecognized subcommand"),
    ] {
        let ran = run(&arguments, input).await;
        assert_eq!((ran.code, ran.lines.len()), (2, 0), "{input}");
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn a_job_line_runs_although_standard_input_stays_open() {
    let port = resetting().await;
    let attempt = |id: usize| json!({"id": id.to_string(), "host": "127.0.0.1", "port": port, "protocol": "http"});
    let job = json!({"parallel": 1, "attempts": (0..5).map(attempt).collect::<Vec<_>>()});
    let mut child = start(&["attempts"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{job}\n").as_bytes()).await.unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["ended"], "reset", "{line}");
        seen.push(line["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"], "one at a time keeps the order");
    let ended = tokio::time::timeout(Duration::from_secs(2), child.wait()).await;
    assert!(ended.expect("it ends").unwrap().success());
    drop(input);
}

#[tokio::test]
async fn serve_says_where_it_listens_and_ends_with_its_input() {
    let job = json!({"listen": "127.0.0.1", "cases": [{"id": "a", "mode": "plaintext"}]});
    let mut child = start(&["serve"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{job}\n").as_bytes()).await.unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let listening: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let port = u16::try_from(listening["listening"]["a"].as_u64().unwrap()).unwrap();
    let result = crate::support::attempt(port, json!({"tls": "off"})).await;
    assert_eq!(result["body"]["listener"], "hostile", "{result}");
    let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!((&line["id"], &line["ended"]), (&json!("a"), &json!("served")), "{line}");
    drop(input);
    let ended = tokio::time::timeout(Duration::from_secs(2), child.wait()).await;
    assert!(ended.expect("it ends").unwrap().success());

    let ran = run(&["serve"], "{\"listen\": \"127.0.0.1\", \"cases\": []}\n").await;
    assert_eq!((ran.code, ran.lines.len()), (2, 0), "{}", ran.stderr);
}

#[tokio::test]
async fn an_agent_listens_until_its_input_ends() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("agent.sock");
    let mut agent = start(&["fake-agent"]);
    let mut input = agent.stdin.take().unwrap();
    let job = json!({"socket": socket, "says": ["denied"]});
    input.write_all(format!("{job}\n").as_bytes()).await.unwrap();
    let mut lines = BufReader::new(agent.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(first, json!({"listening": socket}));
    assert!(tokio::net::UnixStream::connect(&socket).await.is_ok());
    drop(input);
    let ended = tokio::time::timeout(Duration::from_secs(3), agent.wait()).await;
    assert!(ended.expect("it ends with its input").unwrap().success());
}

#[tokio::test]
async fn an_agent_that_cannot_be_played_is_refused() {
    for (job, expected) in [
        (json!({"socket": "/nonexistent/a.sock", "says": ["denied"]}), "socket: /nonexistent/a.sock"),
        (json!({"socket": "/x", "says": []}), "says: give at least one answer"),
        (json!({"socket": "/x", "says": ["svid"]}), "svid: an answer returns it"),
        (json!({"socket": "/x", "says": ["sings"]}), "unknown variant"),
    ] {
        let ran = run(&["fake-agent"], &format!("{job}\n")).await;
        assert!(ran.code == 2 && ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
