//! `traffic`: a ledgered stream beside the story. The client writes one line per request; sums are made from the lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinHandle,
};

use crate::{
    run::context::{Context, Look, Trouble},
    scenario::{
        matching::parse_duration,
        model::{CastMember, Column, TrafficStart},
    },
    wait::{Check, pause, until},
    world::Conversation,
};

/// A stream that goes on, and what it has reported so far.
pub(crate) struct Stream {
    ledger: Arc<Mutex<Ledger>>,
    reader: JoinHandle<()>,
    marked: BTreeSet<String>,
}

#[derive(Clone, Default)]
struct Ledger {
    lines: Vec<Value>,
    ended: Option<String>,
}

pub(crate) async fn start(context: &Context<'_>, start: &TrafficStart) -> Result<(), Trouble> {
    let (client, server) = (context.member(&start.from)?, context.member(&start.to)?);
    let at_most =
        parse_duration(&start.at_most).ok_or_else(|| Trouble(format!("`{}` is not a duration", start.at_most)))?;
    let own_tls = start.column == Column::OwnTls;
    let address = context.world.address(client, server, start.column);
    let job = json!({
        "id": start.id, "host": address.host, "port": address.port, "protocol": "http",
        "tls": if own_tls { "on" } else { "off" }, "alpn": [],
        "identity": if own_tls { json!({"source": "files"}) } else { json!({"source": "none"}) },
        "verify": if own_tls { json!({"mode": "spiffe", "id": server.spiffe()}) } else { json!({"mode": "record-only"}) },
        "path": "/whoami", "rate_per_second": start.rate_per_second, "duration_ms": u64::try_from(at_most.as_millis()).unwrap_or(u64::MAX),
        "connections": {"fresh": 2, "pooled": 6, "long_lived": 2},
    });
    reach(context, client, &job).await?;
    let running = context
        .world
        .start_client(client, &["stream"], format!("{job}\n").as_bytes())
        .await
        .map_err(|error| Trouble::of(&error))?;
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let reader = tokio::spawn(read(running, Arc::clone(&ledger)));
    context.streams().insert(start.id.clone(), Stream { ledger, reader, marked: BTreeSet::new() });
    Ok(())
}

/// Waits until one request gets through, so that the ledger counts losses and not a Service that is still being programmed.
async fn reach(context: &Context<'_>, client: &CastMember, stream: &Value) -> Result<(), Trouble> {
    let mut attempt = stream.clone();
    if let Some(fields) = attempt.as_object_mut() {
        fields.retain(|key, _| !["rate_per_second", "duration_ms", "connections"].contains(&key.as_str()));
        fields.insert("timeout_ms".to_owned(), json!(2000));
    }
    let job = format!("{}\n", json!({"parallel": 1, "attempts": [attempt]}));
    let reached = until("a first answer", FIRST_ANSWER, Duration::from_millis(300), async || {
        match context.world.run_client(client, &["attempts"], job.as_bytes(), FIRST_ANSWER).await {
            Ok(lines) if lines.iter().any(|line| line["ended"] == "answered") => Check::Ready(()),
            Ok(lines) => {
                Check::NotYet(lines.first().map_or_else(|| "no report".to_owned(), |line| line["error"].to_string()))
            }
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    reached.await.map_err(|error| Trouble::of(&error))
}

const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// Sums up what the stream has reported so far, and marks the first use of each serial.
pub(crate) fn check(context: &Context<'_>, id: &str) -> Result<Look, Trouble> {
    let ledger = {
        let streams = context.streams();
        let stream = streams.get(id).ok_or_else(|| Trouble(format!("no stream {id} is running")))?;
        snapshot(&stream.ledger)
    };
    let facts = sum(&ledger);
    for (serial, first) in first_uses(&ledger.lines) {
        let fresh = context.streams().get_mut(id).is_some_and(|stream| stream.marked.insert(serial.clone()));
        if fresh {
            context.mark("wire", format!("serial {}", &serial[..serial.len().min(8)]), first, None, BTreeMap::new());
        }
    }
    let text: String = ledger.lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect();
    let evidence = context.recorder.put(text.as_bytes(), "application/jsonl");
    Ok(Look { facts, source: "direct", evidence })
}

/// Ends the stream: no longer read, and the client ends by itself when nobody listens or its time is over.
pub(crate) fn stop(context: &Context<'_>, id: &str) -> Result<(), Trouble> {
    let stream = context.streams().remove(id).ok_or_else(|| Trouble(format!("no stream {id} is running")))?;
    stream.reader.abort();
    Ok(())
}

/// Ends whatever still runs.
pub(crate) fn stop_all(context: &Context<'_>) {
    for stream in std::mem::take(&mut *context.streams()).into_values() {
        stream.reader.abort();
    }
}

/// Waits until the stream has reported something, so that what follows happens under traffic.
pub(crate) async fn warm(context: &Context<'_>, id: &str, limit: Duration) -> Result<(), Trouble> {
    let deadline = Timestamp::now() + limit;
    loop {
        let ledger = context.streams().get(id).map(|stream| snapshot(&stream.ledger)).unwrap_or_default();
        if ledger.lines.iter().any(|line| line["ended"] == "ok") {
            return Ok(());
        }
        let seen = ledger.lines.last().map_or_else(|| "nothing".to_owned(), |line| line["error"].to_string());
        if let Some(why) = ledger.ended {
            return Err(Trouble(format!("stream {id} ended before its first answer: {why}; last seen: {seen}")));
        }
        if Timestamp::now() > deadline {
            return Err(Trouble(format!("stream {id} got no answer within {limit:?}; last seen: {seen}")));
        }
        pause(Duration::from_millis(200)).await;
    }
}

async fn read(conversation: Conversation, ledger: Arc<Mutex<Ledger>>) {
    let end = |why: String| ledger.lock().unwrap_or_else(PoisonError::into_inner).ended.get_or_insert(why).len();
    let Conversation { stdout, guard: _guard } = conversation;
    let mut lines = BufReader::new(stdout).lines();
    loop {
        match lines.next_line().await {
            Ok(Some(line)) => {
                if let Ok(value) = serde_json::from_str::<Value>(&line) {
                    ledger.lock().unwrap_or_else(PoisonError::into_inner).lines.push(value);
                }
            }
            Ok(None) => {
                end("the client ended".to_owned());
                return;
            }
            Err(error) => {
                end(format!("the connection to the client broke: {error}"));
                return;
            }
        }
    }
}

fn snapshot(ledger: &Mutex<Ledger>) -> Ledger {
    ledger.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Arithmetic over the ledger, nothing else.
fn sum(ledger: &Ledger) -> Value {
    let requests: Vec<&Value> = ledger.lines.iter().filter(|line| line["request_id"].is_string()).collect();
    let count = |word: &str| requests.iter().filter(|line| line["ended"] == word).count();
    let serials: BTreeSet<&str> = requests.iter().filter_map(|line| line["server_serial"].as_str()).collect();
    let own: BTreeSet<&str> = requests.iter().filter_map(|line| line["own_serial"].as_str()).collect();
    let late = requests.iter().filter(|line| line["ended"] == "ok" && handshake_after_expiry(line)).count();
    let errors: BTreeMap<String, usize> =
        requests.iter().filter_map(|line| line["error"].as_str()).fold(BTreeMap::new(), |mut counts, error| {
            *counts.entry(error.to_owned()).or_default() += 1;
            counts
        });
    json!({
        "sent": requests.len(), "ok": count("ok"), "lost": count("lost"), "failed": count("failed"), "harness-limit": count("harness-limit"),
        "serials": {"server": serials.len(), "client": own.len()}, "handshakes-after-not-after": late, "errors": errors,
        "ended": ledger.ended,
    })
}

/// A connection that began after the certificate it was shown had expired.
fn handshake_after_expiry(line: &Value) -> bool {
    let instant = |text: &Value| text.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let (Some(scheduled), Some(not_after)) = (instant(&line["scheduled"]), instant(&line["server_not_after"])) else {
        return false;
    };
    let age = line["connection"]["age_ms"].as_f64().unwrap_or(0.0);
    scheduled - jiff::SignedDuration::from_secs_f64(age / 1000.0) > not_after
}

fn first_uses(lines: &[Value]) -> Vec<(String, Timestamp)> {
    let mut found: Vec<(String, Timestamp)> = Vec::new();
    for line in lines {
        if let (Some(serial), Some(at)) =
            (line["server_serial"].as_str(), line["scheduled"].as_str().and_then(|text| text.parse().ok()))
            && !found.iter().any(|(known, _)| known == serial)
        {
            found.push((serial.to_owned(), at));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_arithmetic_over_lines() {
        let line = |ended: &str, serial: &str, scheduled: &str, age: u64| json!({"request_id": "a", "ended": ended, "server_serial": serial, "scheduled": scheduled, "server_not_after": "2026-01-01T00:01:00Z", "connection": {"age_ms": age}});
        let ledger = Ledger {
            lines: vec![
                line("ok", "aa", "2026-01-01T00:00:10Z", 0),
                line("ok", "bb", "2026-01-01T00:01:10Z", 20_000),
                line("ok", "bb", "2026-01-01T00:01:10Z", 1_000),
                line("lost", "bb", "2026-01-01T00:00:10Z", 0),
                json!({"summary": {"ok": 99}}),
            ],
            ended: None,
        };
        let facts = sum(&ledger);
        assert_eq!(
            (&facts["sent"], &facts["ok"], &facts["lost"], &facts["serials"]["server"]),
            (&json!(4), &json!(3), &json!(1), &json!(2))
        );
        assert_eq!(facts["handshakes-after-not-after"], 1);
    }
}
