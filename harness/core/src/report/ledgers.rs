//! The ledgers of a run's streams, as rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::format;
use crate::{evidence::event::Sample, scenario::trial::MARK};

/// The last observation of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LedgerView {
    pub check: String,
    #[serde(flatten)]
    pub ledger: LedgerFacts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LedgerFacts {
    pub stream: StreamFacts,
    pub rate: Rate,
    pub sent: u64,
    pub ok: u64,
    pub lost: u64,
    pub failed: u64,
    pub duplicated: u64,
    pub unattributed: u64,
    pub shed: u64,
    pub loss_windows: Windows,
    pub serials: BTreeMap<String, u64>,
    pub handshakes_after_not_after: u64,
    pub connections_past_not_after: u64,
    pub doubt: Option<String>,
    /// Which serials the two ends presented to each other, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<SerialPair>,
}

/// The requests between one certificate of the client and one of the server; a serial is absent where an end presented
/// none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SerialPair {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[schemars(with = "String")]
    pub first: Timestamp,
    #[schemars(with = "String")]
    pub last: Timestamp,
    pub requests: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamFacts {
    pub id: String,
    pub from: String,
    pub to: String,
    pub column: String,
    pub connections: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    pub asked: u64,
    pub offered: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Windows {
    pub count: u64,
    pub list: Vec<Window>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    pub from: String,
    pub ms: u64,
    pub requests: usize,
}

impl LedgerView {
    /// `None` for samples of other checks, and for trials: sabotages are reported elsewhere.
    pub(super) fn of(check: &str, sample: &Sample) -> Option<Self> {
        if check.contains(MARK) {
            return None;
        }
        let ledger = serde_json::from_value(sample.facts.clone()).ok()?;
        Some(Self { check: check.to_owned(), ledger })
    }

    /// `caller to server by app-mtls, mixed connections`.
    pub(super) fn who(&self) -> String {
        let StreamFacts { from, to, column, connections, .. } = &self.ledger.stream;
        format!("{from} to {to} by {column}, {connections} connections")
    }

    /// The counts, in the order of [`HEAD`].
    pub(super) fn numbers(&self) -> [u64; 7] {
        let ledger = &self.ledger;
        [
            ledger.sent,
            ledger.ok,
            ledger.lost,
            ledger.failed,
            ledger.duplicated,
            ledger.unattributed,
            ledger.connections_past_not_after + ledger.handshakes_after_not_after,
        ]
    }

    pub(super) fn rate(&self) -> String {
        format!("{} of {}/s", self.ledger.rate.offered, self.ledger.rate.asked)
    }

    /// `client 4, server 5`, or `none seen` where neither end presented a certificate.
    pub(super) fn serials(&self) -> String {
        let of = |end: &str| self.ledger.serials.get(end).copied().unwrap_or_default();
        match (of("client"), of("server")) {
            (0, 0) => "none seen".to_owned(),
            (client, server) => format!("client {client}, server {server}"),
        }
    }

    /// Loss windows, the number of requests that were not sent, and caveats.
    pub(super) fn remarks(&self) -> Vec<String> {
        let ledger = &self.ledger;
        let windows = ledger.loss_windows.list.iter().take(MAX_WINDOWS).map(|window| {
            let from = window.from.parse().map_or_else(|_| window.from.clone(), format::time_of_day);
            format!("{} from {from}: {}", format::duration(window.ms), format::count(window.requests, "request"))
        });
        let more = ledger.loss_windows.count.saturating_sub(MAX_WINDOWS as u64);
        let more = (more > 0).then(|| format!("and {more} more windows"));
        let shed = (ledger.shed > 0).then(|| format!("{} not sent", ledger.shed));
        windows.chain(more).chain(shed).chain(ledger.doubt.clone()).collect()
    }
}

pub(super) const HEAD: [&str; 7] =
    ["Sent", "Ok", "Lost", "Failed", "Duplicated", "Unattributed", "Past a certificate's end"];

/// Maximum number of windows in a row of the table.
const MAX_WINDOWS: usize = 5;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_ledger_is_a_row() {
        let facts = json!({
            "stream": {"id": "flow.1", "from": "caller", "to": "server", "column": "app-mtls", "connections": "mixed", "rate-per-second": 20},
            "rate": {"asked": 20, "offered": 20}, "sent": 100, "ok": 97, "lost": 2, "failed": 1, "duplicated": 0, "unattributed": 0,
            "shed": 1, "loss-windows": {"count": 1, "list": [{"from": "12:00", "until": "12:01", "ms": 1500, "requests": 3}]},
            "serials": {"client": 1, "server": 2, "pairs": 2}, "handshakes-after-not-after": 0, "connections-past-not-after": 4,
            "doubt": null,
        });
        let at = Timestamp::UNIX_EPOCH;
        let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
        let row = LedgerView::of("a/b#flow", &sample).unwrap();
        assert_eq!(row.numbers(), [100, 97, 2, 1, 0, 0, 4]);
        assert_eq!(row.remarks(), ["1.5 s from 12:00: 3 requests", "1 not sent"]);
        assert_eq!((row.rate().as_str(), row.serials().as_str()), ("20 of 20/s", "client 1, server 2"));
        assert_eq!(LedgerView::of("a/b!c#flow", &sample), None);
    }
}
