//! Collects the logs that show why a node did not come up: systemd, the containers, kubelet, containerd.
//!
//! It runs after a step has failed. A query without an answer is left out, so that it does not hide that failure.

use std::time::Duration;

use mtls_engine::{Engine, last_lines};

const QUERIES: [(&str, &[&str]); 4] = [
    ("systemd", &["systemctl", "is-system-running"]),
    ("containers", &["ctr", "--namespace", "k8s.io", "tasks", "list"]),
    ("kubelet", &["journalctl", "-u", "kubelet", "--no-pager", "-o", "cat", "-n", "400"]),
    ("containerd", &["journalctl", "-u", "containerd", "--no-pager", "-o", "cat", "-n", "200"]),
];

/// A report of a few dozen lines: the states of the containers, and the errors in the journals of kubelet and
/// containerd.
pub async fn diagnose(engine: &Engine, node: &str) -> String {
    let mut report = Vec::new();
    for (title, command) in QUERIES {
        let Ok(answer) = engine.exec(node, command, &[], Duration::from_secs(10)).await else { continue };
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let shown = if command[0] == "journalctl" { errors(&text) } else { last_lines(&text, 25) };
        if !shown.is_empty() {
            report.push(format!("--- {title} of {node}\n{shown}"));
        }
    }
    report.join("\n")
}

/// The last distinct error lines (klog `E` and `F`, containerd `level=error`); the last lines if there are none.
fn errors(journal: &str) -> String {
    let mut found: Vec<&str> = Vec::new();
    for line in journal.lines().rev() {
        let is_klog_error = line.starts_with(['E', 'F'])
            && line.get(1..5).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let is_error = is_klog_error
            || line.contains("level=error")
            || line.contains("level=fatal")
            || line.contains("command failed");
        let message = line.split("] ").nth(1).unwrap_or(line);
        if is_error && !found.iter().any(|known| known.contains(message)) {
            found.push(line);
        }
        if found.len() == 8 {
            break;
        }
    }
    if found.is_empty() {
        return last_lines(journal, 8);
    }
    found.reverse();
    found.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_errors_are_shown() {
        let journal = "I1124 10:00:00.000000 1 a.go:1] fine\nE1124 10:00:01.000000 1 a.go:2] no such file\nE1124 10:00:02.000000 1 a.go:2] no such file\ntime=\"x\" level=error msg=\"cni\"\n";
        assert_eq!(errors(journal).lines().count(), 2);
        assert!(errors(journal).contains("no such file"));
    }

    #[test]
    fn without_errors_the_last_lines_are_shown() {
        assert_eq!(errors("one\ntwo\n"), "one\ntwo");
    }
}
