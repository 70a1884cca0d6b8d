//! The ledger: complete, honest about lateness and loss, and telling old material from new.

use std::collections::BTreeSet;
use std::time::Duration;

use mtls_client::Environment;
use mtls_client::stream::{Count, RequestLine, StreamEnded, StreamJob, run_stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::inline;
use crate::support::mount::Mount;
use crate::support::pki::{Ca, SERVER_ID};
use crate::support::server::{Server, closed, silent};

fn job(port: u16, more: &Value) -> StreamJob {
    let mut job = json!({
        "id": "s", "host": "127.0.0.1", "port": port, "protocol": "http", "tls": "off",
        "rate_per_second": 50, "duration_ms": 600, "timeout_ms": 300,
    });
    for (key, value) in more.as_object().unwrap() {
        job[key] = value.clone();
    }
    serde_json::from_value(job).unwrap()
}

async fn run(job: StreamJob, stop: impl Future<Output = ()>) -> (Vec<RequestLine>, Count) {
    assert_eq!(job.check(), Ok(()));
    let source = job.identity.source(&Environment::from_lookup(|_| None)).unwrap();
    let (sender, mut receiver) = mpsc::channel(1_024);
    let collecting = tokio::spawn(async move {
        let mut lines = Vec::new();
        while let Some(line) = receiver.recv().await {
            lines.push(line);
        }
        lines
    });
    let count = run_stream(job, source, sender, stop).await.unwrap();
    let mut lines = collecting.await.unwrap();
    lines.sort_by_key(|line| line.n);
    (lines, count)
}

#[tokio::test]
async fn every_scheduled_request_has_one_line_and_the_server_saw_it() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let more = json!({
        "tls": "on", "identity": inline(&ca.client(), &ca), "verify": {"mode": "spiffe", "id": SERVER_ID},
        "connections": {"fresh": 1, "pooled": 1, "long_lived": 1}, "timeout_ms": 3_000,
    });
    let (lines, count) = run(job(server.bound.mtls.port(), &more), std::future::pending()).await;

    assert_eq!((count.scheduled, count.ok, count.stopped_by), (30, 30, "duration"), "{count:?}");
    let ours: BTreeSet<_> = lines.iter().map(|line| line.request_id.clone()).collect();
    let theirs: BTreeSet<_> =
        server.requests().iter().map(|line| line["request_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ours, theirs);
    assert!(ours.contains("s-0") && ours.contains("s-29"));
    for line in &lines {
        assert_eq!(line.server_serial, server.own_serial(), "{line:?}");
        assert_eq!(line.served_by.as_ref().unwrap()["own_serial"], json!(line.server_serial));
        assert!(line.own_serial.is_some() && line.connection.is_some());
    }
    // Ten fresh ones; the others share, or open another only when one is still busy.
    assert!((12..30).contains(&count.connections), "{count:?}");
}

#[tokio::test]
async fn send_times_do_not_wait_for_a_server_that_hangs() {
    let (lines, count) = run(job(silent().await, &json!({})), std::future::pending()).await;
    assert_eq!((count.scheduled, count.lost), (30, 30), "{count:?}");
    // Serially thirty time-outs would take nine seconds.
    assert!(lines.iter().all(|line| line.started_ms_late < 250.0), "{lines:?}");
    let gap = lines[29].scheduled.duration_since(lines[0].scheduled);
    assert_eq!(gap.as_millis(), 580);
}

#[tokio::test]
async fn a_refused_connection_is_failed_and_not_lost() {
    let (lines, count) = run(job(closed().await, &json!({"duration_ms": 100})), std::future::pending()).await;
    assert_eq!((count.scheduled, count.failed), (5, 5));
    assert!(lines.iter().all(|line| line.ended == StreamEnded::Failed && line.connection.is_none()));
}

#[tokio::test]
async fn the_bound_on_our_side_is_never_blamed_on_the_server() {
    let more = json!({"rate_per_second": 1_000, "duration_ms": 700, "timeout_ms": 2_000});
    let (_, count) = run(job(silent().await, &more), std::future::pending()).await;
    assert_eq!(count.scheduled, 700);
    assert!(count.harness_limit > 0, "{count:?}");
    assert_eq!(count.harness_limit + count.lost + count.failed, 700, "{count:?}");
}

#[tokio::test]
async fn told_to_stop_it_ends_early_and_answers_for_all_it_started() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let more = json!({"duration_ms": 60_000});
    let stop = tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>());
    let (lines, count) = run(job(server.bound.http.port(), &more), async {
        let _ = stop.await;
    })
    .await;
    assert_eq!(count.stopped_by, "sigterm");
    assert_eq!(lines.len() as u64, count.scheduled);
    assert_eq!(count.ok, count.scheduled);
    assert!((5..30).contains(&count.scheduled), "{count:?}");
}

#[tokio::test]
async fn a_rotation_under_load_shows_two_serials_and_costs_nothing() {
    let ca = Ca::new("root");
    let mount = Mount::new(&ca.server(), &ca.pem());
    let server = Server::start(&mount).await;
    let more = json!({
        "tls": "on", "identity": inline(&ca.client(), &ca), "verify": {"mode": "spiffe", "id": SERVER_ID},
        "duration_ms": 2_500, "rate_per_second": 20, "timeout_ms": 3_000,
        "connections": {"fresh": 1, "long_lived": 1},
    });
    let job = job(server.bound.mtls.port(), &more);
    let rotate = async {
        let _ = tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>()).await;
        mount.swap(&ca.server(), &ca.pem());
    };
    let ((lines, count), ()) = tokio::join!(run(job, std::future::pending()), rotate);
    assert_eq!(count.ok, count.scheduled, "{count:?}");
    assert_eq!(count.server_serials.len(), 2, "{count:?}");
    let last_fresh = lines.iter().rev().find(|line| format!("{:?}", line.style) == "Fresh").unwrap();
    assert_eq!(last_fresh.server_serial, server.own_serial());
    let last_kept = lines.iter().rev().find(|line| format!("{:?}", line.style) == "LongLived").unwrap();
    assert_ne!(last_kept.server_serial, server.own_serial(), "a long-lived connection keeps its session");
}
