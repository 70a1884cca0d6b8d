//! A ledger as the facts of a sample.

use serde_json::{Value, json};

use super::{
    certificate_use::{Pair, first_uses},
    join::Ledger,
    stream_spec::{Reach, StreamSpec},
};

/// Maximum number of windows and pairs that the facts list.
const MAX_LISTED: usize = 50;

/// The facts of a ledger, with the specification of its stream.
pub fn facts(spec: &StreamSpec, reach: Reach, ledger: &Ledger) -> Value {
    let longest = ledger.windows.iter().map(super::windows::Window::milliseconds);
    let windows = ledger.windows.iter().take(MAX_LISTED).map(|window| {
        json!({"from": window.from, "until": window.until, "ms": window.milliseconds(), "requests": window.requests})
    });
    let pairs = ledger.pairs.iter().take(MAX_LISTED).map(|(pair, used)| {
        json!({
            "client": pair.client, "server": pair.server, "first": used.first, "last": used.last,
            "requests": used.requests, "connections": used.connections.len(),
        })
    });
    let end = |of: fn(&Pair) -> Option<&String>| {
        let uses = first_uses(&ledger.pairs, of);
        uses.into_iter().map(|(serial, at)| json!({"serial": serial, "at": at})).collect::<Vec<_>>()
    };
    let (server, client) = (end(|pair| pair.server.as_ref()), end(|pair| pair.client.as_ref()));
    json!({
        "stream": spec, "reach": reach,
        "scheduled": ledger.scheduled, "sent": ledger.scheduled - ledger.shed, "joined": ledger.joined,
        "ok": ledger.ok, "lost": ledger.lost, "failed": ledger.failed, "shed": ledger.shed,
        "duplicated": ledger.duplicated, "unattributed": ledger.unattributed, "errors": ledger.errors,
        "loss-windows": {
            "count": ledger.windows.len(), "longest-ms": longest.clone().max().unwrap_or_default(),
            "total-ms": longest.sum::<u64>(), "list": windows.collect::<Vec<_>>(),
        },
        "serials": {"server": server.len(), "client": client.len(), "pairs": ledger.pairs.len(), "mismatched": ledger.mismatched},
        "first-use": {"server": server, "client": client},
        "pairs": pairs.collect::<Vec<_>>(),
        "connections": ledger.connections,
        "oldest-connection-ms": ledger.oldest_connection_ms,
        "handshakes-after-not-after": ledger.beyond.opened.len(),
        "connections-past-not-after": ledger.beyond.used.len(),
        "rate": {"asked": spec.rate_per_second, "offered": ledger.offered},
        "late": {"count": ledger.late, "worst-ms": ledger.latest_ms},
        "doubt": (!ledger.caveats.is_empty()).then(|| ledger.caveats.join("; ")),
    })
}
