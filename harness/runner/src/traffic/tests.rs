//! Synthetic logs, and the central property: no loss of lines makes a ledger look better.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ClientLog, Ledger, Reach, Rejoined, ServerLog, StreamSpec, facts, join, rejoin};

/// The logs of both ends, line by line.
#[derive(Clone, Debug, Default)]
struct Logs {
    client: Vec<String>,
    server: Vec<String>,
}

fn spec() -> StreamSpec {
    let word = |text: &str| text.to_owned();
    StreamSpec {
        id: word("s"),
        from: word("caller"),
        to: word("server"),
        column: word("app-mtls"),
        connections: word("mixed"),
        rate_per_second: 10,
    }
}

fn at(ms: u64) -> String {
    format!("2026-01-01T00:{:02}:{:02}.{:03}Z", ms / 60_000, ms / 1_000 % 60, ms % 1_000)
}

/// The client's line for request `n` of ten per second, on a connection of its own.
fn request(n: u64, ended: &str) -> Value {
    json!({
        "n": n, "request_id": format!("s-{n}"), "style": "fresh", "scheduled": at(n * 100), "started_ms_late": 0.4,
        "ended": ended, "error": null, "http_status": 200, "server_serial": "a1", "server_not_after": at(50_000),
        "own_serial": "c1", "own_not_after": at(55_000), "connection": {"id": n, "opened": at(n * 100), "age_ms": 0.0}, "ms": 3.0,
    })
}

fn served(line: u64, n: u64) -> Value {
    json!({
        "event": "request", "n": line, "time": at(n * 100 + 1), "request_id": format!("s-{n}"), "listener": "mtls",
        "own_serial": "a1", "peer_serial": "c1",
    })
}

/// A healthy stream of `count` requests; the server's log begins with requests of another client.
fn healthy(count: u64) -> Logs {
    let mut logs = Logs::default();
    let probe =
        json!({"event": "request", "n": 7, "time": "2025-12-31T23:59:59Z", "request_id": null, "listener": "http"});
    logs.server.push(probe.to_string());
    for n in 0..count {
        logs.client.push(request(n, "ok").to_string());
        logs.server.push(served(8 + n, n).to_string());
    }
    logs.client.push(json!({"summary": {"scheduled": count}}).to_string());
    logs
}

impl Logs {
    fn ledger(&self, reach: Reach) -> Ledger {
        join(&spec(), &ClientLog::read(&self.client.join("\n")), &ServerLog::read(&self.server.join("\n")), reach)
    }

    fn change(&mut self, n: usize, change: impl FnOnce(&mut Value)) {
        let mut line: Value = serde_json::from_str(&self.client[n]).unwrap();
        change(&mut line);
        self.client[n] = line.to_string();
    }

    fn is_clean(&self) -> bool {
        let ledger = self.ledger(Reach::Whole);
        let wrong =
            [ledger.lost, ledger.failed, ledger.shed, ledger.duplicated, ledger.unattributed, ledger.mismatched];
        ledger.caveats.is_empty() && wrong == [0; 6] && ledger.joined > 0
    }
}

#[test]
fn a_healthy_stream_is_clean() {
    let ledger = healthy(30).ledger(Reach::Whole);
    assert!(healthy(30).is_clean(), "{ledger:?}");
    assert_eq!((ledger.scheduled, ledger.ok, ledger.joined, ledger.connections), (30, 30, 30, 30));
    assert_eq!((ledger.offered, ledger.late, ledger.pairs.len(), ledger.windows.len()), (10, 0, 1, 0));
}

#[test]
fn losses_are_counted_and_grouped_into_windows() {
    let mut logs = healthy(60);
    for n in [10, 11, 12, 13, 40] {
        logs.change(n, |line| {
            line["ended"] = json!(if n == 13 { "failed" } else { "lost" });
            line["error"] = json!("closed early");
        });
    }
    let ledger = logs.ledger(Reach::Whole);
    assert_eq!((ledger.ok, ledger.lost, ledger.failed), (55, 4, 1));
    assert_eq!(ledger.errors["closed early"], 5);
    let windows: Vec<_> = ledger.windows.iter().map(|window| (window.milliseconds(), window.requests)).collect();
    assert_eq!(windows, [(400, 4), (100, 1)]);
}

#[test]
fn requests_in_one_log_only_are_unattributed() {
    let mut logs = healthy(20);
    logs.server.push(served(28, 20).to_string().replace("s-20", "s-3-again"));
    logs.server.push(served(29, 5).to_string());
    let ledger = logs.ledger(Reach::Whole);
    assert_eq!((ledger.unattributed, ledger.duplicated), (1, 1));
    let mut logs = healthy(20);
    logs.server[4] = logs.server[4].replace("s-3", "t-3");
    assert_eq!(logs.ledger(Reach::Whole).unattributed, 1);
}

#[test]
fn requests_in_flight_are_not_unattributed() {
    let mut logs = healthy(200);
    logs.client.truncate(180);
    let ledger = logs.ledger(Reach::SoFar);
    assert_eq!((ledger.unattributed, ledger.caveats.len()), (0, 0), "{ledger:?}");
    // An earlier request should be in the client's log by now.
    logs.client.remove(20);
    assert_eq!(logs.ledger(Reach::SoFar).unattributed, 1);
}

#[test]
fn serials_that_differ_between_the_ends_are_mismatched() {
    let mut logs = healthy(10);
    logs.server[5] = logs.server[5].replace("\"a1\"", "\"a2\"");
    assert_eq!(logs.ledger(Reach::Whole).mismatched, 1);
}

#[test]
fn first_uses_and_uses_after_not_after_are_counted() {
    let mut logs = healthy(600);
    for n in 100..600 {
        logs.change(n, |line| line["server_serial"] = json!("a2"));
        logs.server[n + 1] = logs.server[n + 1].replace("\"a1\"", "\"a2\"");
    }
    // 51 s: after a1 expired. One connection was opened before that, one after.
    for (n, opened) in [(510, 40_000), (511, 50_500)] {
        logs.change(n, |line| line["connection"] = json!({"id": n, "opened": at(opened), "age_ms": 1.0}));
    }
    for n in (500..600).filter(|n| ![510, 511].contains(n)) {
        logs.change(n, |line| line["server_not_after"] = json!(at(70_000)));
        logs.change(n, |line| line["own_not_after"] = json!(at(70_000)));
    }
    let ledger = logs.ledger(Reach::Whole);
    let facts = facts(&spec(), Reach::Whole, &ledger);
    assert_eq!(facts["serials"], json!({"server": 2, "client": 1, "pairs": 2, "mismatched": 0}));
    assert_eq!(facts["first-use"]["server"][1]["serial"], "a2");
    assert!(facts["first-use"]["server"][1]["at"].as_str().unwrap().starts_with("2026-01-01T00:00:10"));
    assert_eq!((&facts["handshakes-after-not-after"], &facts["connections-past-not-after"]), (&json!(1), &json!(1)));
}

#[test]
fn late_starts_are_a_caveat_and_shed_requests_are_no_loss() {
    let mut logs = healthy(40);
    for n in 0..4 {
        logs.change(n, |line| line["started_ms_late"] = json!(800.0));
    }
    assert!(logs.is_clean());
    logs.change(9, |line| line["ended"] = json!("lost"));
    assert!(logs.ledger(Reach::Whole).caveats[0].contains("delayed"), "{logs:?}");
    let mut logs = healthy(40);
    for n in 0..30 {
        logs.change(n, |line| line["started_ms_late"] = json!(800.0));
    }
    assert!(logs.ledger(Reach::Whole).caveats[0].contains("delayed"), "{logs:?}");
    let mut logs = healthy(40);
    logs.change(7, |line| line["ended"] = json!("shed"));
    logs.server[8] = logs.server[8].replace("s-7", "t-7");
    let ledger = logs.ledger(Reach::Whole);
    assert_eq!((ledger.shed, ledger.lost, ledger.unattributed, ledger.windows.len()), (1, 0, 0, 0));
}

#[test]
fn an_empty_ledger_is_not_clean() {
    let empty = Logs::default();
    assert!(!empty.is_clean());
    assert_eq!(empty.ledger(Reach::SoFar).scheduled, 0);
}

#[test]
fn a_ledger_is_joined_again_from_its_facts_and_logs() {
    let mut logs = healthy(25);
    let mut recorded = facts(&spec(), Reach::Whole, &logs.ledger(Reach::Whole));
    recorded["logs"] = json!({"client": "one", "server": "two"});
    let recorded: Value = serde_json::from_str(&recorded.to_string()).unwrap();
    let read = |logs: &Logs, digest: &str| match digest {
        "one" => Some(logs.client.join("\n")),
        "two" => Some(logs.server.join("\n")),
        _ => None,
    };
    assert_eq!(rejoin(&recorded, |digest| read(&logs, digest)), Some(Rejoined::Same));
    let Some(Rejoined::Differs(lines)) = rejoin(&recorded, |_| None) else { panic!("a missing log was not reported") };
    assert_eq!(lines.len(), 2);
    logs.change(3, |line| line["ended"] = json!("lost"));
    let Some(Rejoined::Differs(lines)) = rejoin(&recorded, |digest| read(&logs, digest)) else {
        panic!("a changed log was not reported")
    };
    assert!(lines.iter().any(|line| line.starts_with("lost is 0 on record, and 1")), "{lines:?}");
    assert_eq!(rejoin(&json!({"outcome": "established"}), |_| None), None);
}

proptest! {
    /// Without any one line of the client, or of the server about the stream, the ledger is no longer clean.
    #[test]
    fn a_missing_line_is_noticed(count in 2_u64..60, which in 0_usize..1_000, end in prop::bool::ANY) {
        let mut logs = healthy(count);
        prop_assert!(logs.is_clean());
        if end {
            logs.client.remove(which % logs.client.len());
        } else {
            logs.server.remove(1 + which % (logs.server.len() - 1));
        }
        prop_assert!(!logs.is_clean(), "{:?}", logs.ledger(Reach::Whole));
    }

    /// No removal of lines makes a stream with losses clean.
    #[test]
    fn losses_do_not_go_away(lost in prop::collection::vec(0_usize..40, 1..5), gone in prop::collection::vec(0_usize..200, 0..40)) {
        let mut logs = healthy(40);
        for n in lost {
            logs.change(n, |line| line["ended"] = json!("lost"));
        }
        for index in gone {
            let (client, server) = (logs.client.len(), logs.server.len());
            if index % 2 == 0 && client > 0 {
                logs.client.remove(index / 2 % client);
            } else if server > 0 {
                logs.server.remove(index / 2 % server);
            }
        }
        prop_assert!(!logs.is_clean(), "{:?}", logs.ledger(Reach::Whole));
    }

    /// A line that was cut off is noticed.
    #[test]
    fn half_a_line_is_noticed(which in 0_usize..31, keep in 1_usize..60) {
        let mut logs = healthy(30);
        let whole = logs.client[which].len();
        logs.client[which].truncate(keep.min(whole - 1));
        prop_assert!(!logs.is_clean());
    }
}
