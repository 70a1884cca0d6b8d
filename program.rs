//! The program: environment in, SIGTERM, exit code.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::support::attempt;
use crate::support::mount::Mount;
use crate::support::pki::Ca;

fn program(subcommand: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reference-workload"));
    command.arg(subcommand).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for name in ["HTTP_PORT", "MTLS_PORT", "TCP_PORT", "METRICS_PORT"] {
        command.env(name, "0");
    }
    command
}

#[tokio::test]
async fn sigterm_ends_it_in_time_although_a_connection_is_open() {
    let ca = Ca::new("root");
    let mount = Mount::new(&ca.server(), &ca.pem());
    let mut child = program("proxy-api").envs(mount.variables()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let listening = loop {
        let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        if line["event"] == "listening" {
            break line;
        }
    };
    let port: u16 = listening["http"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let ready = attempt(port, json!({"tls": "off", "path": "/readyz"})).await;
    assert_eq!(ready["http_status"], 200, "{ready}");

    let mut idle = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    idle.write_all(b"GET /whoami HTTP/1.1\r\n").await.unwrap();
    let clock = Instant::now();
    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(3), child.wait()).await.expect("it ends").unwrap();
    assert!(ended.success(), "{ended}");
    assert!(clock.elapsed() <= Duration::from_secs(2), "{:?}", clock.elapsed());
}

#[tokio::test]
async fn a_bad_variable_is_named_and_nothing_starts() {
    for (subcommand, name) in [("proxy-api", "HTTP_PORT"), ("receiver", "PORT")] {
        let output = program(subcommand).env(name, "many").output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(name) && message.contains("many"), "{message}");
    }
}
