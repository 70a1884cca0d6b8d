//! How long handshakes took, per class of handshake.
//!
//! Input: the samples of probes that name `handshake-ms`, the time of the TLS handshake alone. Output: the spread of each
//! class. Records of older versions do not have the fact; then there is nothing to show. Trials are left out: a world
//! that is broken on purpose says nothing about speed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{evidence::event::Sample, scenario::trial::MARK};

/// The spread of the handshakes of one class, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Latency {
    /// `TLSv1.3, full`.
    pub class: String,
    pub count: usize,
    pub least: u64,
    pub median: u64,
    /// Nine of ten handshakes took at most this long.
    pub ninetieth: u64,
    pub greatest: u64,
}

/// Collects the samples of a run.
#[derive(Debug, Default)]
pub(super) struct Latencies(BTreeMap<String, Vec<u64>>);

impl Latencies {
    pub(super) fn take(&mut self, check: &str, sample: &Sample) {
        if check.contains(MARK) {
            return;
        }
        let parts = [&sample.facts, &sample.facts["then"]];
        for (class, microseconds) in parts.into_iter().filter_map(handshake) {
            self.0.entry(class).or_default().push(microseconds);
        }
    }

    /// The spread of each class, in alphabetical order.
    pub(super) fn summed_up(self) -> Vec<Latency> {
        self.0.into_iter().map(|(class, times)| spread(class, times)).collect()
    }
}

/// Class and time of one handshake; `None` for an attempt whose caller did not finish one.
fn handshake(facts: &Value) -> Option<(String, u64)> {
    let milliseconds = facts["handshake-ms"].as_f64().filter(|time| time.is_finite() && *time >= 0.0)?;
    let (version, kind) = (facts["tls"]["version"].as_str()?, facts["tls"]["handshake"].as_str()?);
    let time = std::time::Duration::try_from_secs_f64(milliseconds / 1000.0).ok()?;
    Some((format!("{version}, {kind}"), u64::try_from(time.as_micros()).ok()?))
}

fn spread(class: String, mut times: Vec<u64>) -> Latency {
    times.sort_unstable();
    // The nearest rank: always a time that was observed.
    let rank = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Latency {
        class,
        count: times.len(),
        least: rank(0).unwrap_or_default(),
        median: rank(50).unwrap_or_default(),
        ninetieth: rank(90).unwrap_or_default(),
        greatest: rank(100).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_class_has_its_spread() {
        let mut latencies = Latencies::default();
        let mut take = |check: &str, facts: Value| {
            let at = jiff::Timestamp::UNIX_EPOCH;
            latencies.take(check, &Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None });
        };
        let facts = |ms: f64, kind: &str| json!({"handshake-ms": ms, "tls": {"version": "TLSv1.3", "handshake": kind}});
        for tenth in 1..=10 {
            take("a/b#c", facts(f64::from(tenth), "full"));
        }
        let mut again = facts(0.5, "full");
        again["then"] = facts(0.25, "resumed");
        take("a/b#c", again);
        take("a/b!broken#c", facts(90.0, "full"));
        take("a/b#c", json!({"handshake-ms": 4.0}));
        take("a/b#c", json!({"handshake-ms": -1.0, "tls": {"version": "TLSv1.3", "handshake": "full"}}));
        let spread = |class: &str, count, least, median, ninetieth, greatest| Latency {
            class: class.to_owned(),
            count,
            least,
            median,
            ninetieth,
            greatest,
        };
        assert_eq!(
            latencies.summed_up(),
            [spread("TLSv1.3, full", 11, 500, 5_000, 9_000, 10_000), spread("TLSv1.3, resumed", 1, 250, 250, 250, 250)]
        );
    }
}
