//! Conditions that a stream's ledger must meet before its counts are judged.
//!
//! An empty ledger shows nothing, nor does one that the harness spoilt, and requests that were never sent cannot be
//! lost: none of these may be green.

use serde_json::Value;

use super::Verdict;
use crate::evidence::event::Sample;

/// The reason why the ledger decides nothing.
pub(super) fn decides_nothing(sample: &Sample) -> Option<(Verdict, String)> {
    let count = |key: &str| sample.facts[key].as_u64().unwrap_or_default();
    sample.facts.get("stream").filter(|stream| stream.is_object())?;
    if let Some(doubt) = sample.facts["doubt"].as_str() {
        return Some((Verdict::Broken, format!("the ledger is spoilt: {doubt}")));
    }
    let is_empty = count("sent") == 0 || ["joined", "lost", "failed"].into_iter().all(|key| count(key) == 0);
    is_empty.then(|| (Verdict::Vacuous, "the ledger is empty: no request is in both logs".to_owned()))
}

/// The reason why a ledger without a violation is not green.
pub(super) fn is_short(sample: &Sample) -> Option<(Verdict, String)> {
    sample.facts.get("stream").filter(|stream| stream.is_object())?;
    let shed = sample.facts.get("shed").and_then(Value::as_u64).unwrap_or_default();
    (shed > 0).then(|| (Verdict::Broken, format!("{shed} requests were never sent: too many were under way")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        expectation::{Expectation, Expectations, Matcher},
        verdict::sample::demanded,
    };

    #[test]
    fn a_ledger_is_green_only_when_it_is_whole() {
        let expect =
            Expectations(vec![Expectation { path: "lost".to_owned(), matcher: Matcher::Equals { value: json!(0) } }]);
        let judged = |sent: u64, joined: u64, lost: u64, shed: u64, doubt: Value| {
            let facts = json!({
                "stream": {"id": "s"}, "sent": sent, "joined": joined, "lost": lost, "failed": 0, "shed": shed, "doubt": doubt,
            });
            let at = jiff::Timestamp::UNIX_EPOCH;
            let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            demanded(&expect, &sample).verdict
        };
        assert_eq!(judged(10, 10, 0, 0, Value::Null), Verdict::Pass);
        assert_eq!(judged(10, 9, 1, 0, Value::Null), Verdict::Fail);
        assert_eq!(judged(0, 0, 0, 0, Value::Null), Verdict::Vacuous);
        assert_eq!(judged(10, 0, 0, 0, Value::Null), Verdict::Vacuous);
        assert_eq!(judged(10, 10, 0, 1, Value::Null), Verdict::Broken);
        assert_eq!(judged(10, 9, 1, 1, Value::Null), Verdict::Fail);
        assert_eq!(judged(10, 9, 1, 0, json!("late")), Verdict::Broken);
    }
}
