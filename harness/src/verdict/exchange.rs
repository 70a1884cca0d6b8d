//! What became of a probe's exchanges, the first and the one after it, against what was accepted.

use serde_json::Value;

use super::Verdict;
use crate::{
    evidence::event::Sample,
    expectation::{Expectation, Expectations, Matcher, matching::lookup, outcome::Outcome},
};

/// Where the outcomes of a probe's exchanges stand among its facts, in the order in which they happened.
pub(super) const EXCHANGES: [&str; 2] = [FIRST, "then.outcome"];
const FIRST: &str = "outcome";

/// The outcome a probe reported, if the facts have one.
pub(super) fn outcome(sample: &Sample) -> Option<&Value> {
    sample.facts.get("outcome")
}

/// In a denied cell only being let in is a failure; a denial that is not listed decides nothing.
pub(super) fn outcome_rule(expect: &Expectations, sample: &Sample, exchange: &str) -> Option<(Verdict, String)> {
    let listed = expect.0.iter().find_map(|expectation| listed_outcomes(expectation, exchange))?;
    let found = lookup(&sample.facts, exchange).into_iter().find_map(|found| found.value);
    let seen = match found.as_deref().and_then(parse_outcome) {
        // Of the first exchange, `useless` has said so already.
        None => return (exchange != FIRST).then(|| (Verdict::Broken, format!("the probe reported no `{exchange}`"))),
        Some(Outcome::HarnessError) => {
            return Some((Verdict::Broken, format!("the probe itself failed: {exchange} harness-error")));
        }
        Some(seen) => seen,
    };
    if listed.contains(&seen) {
        return None;
    }
    let accepted = listed.iter().map(Outcome::to_string).collect::<Vec<_>>().join(", ");
    let allowed = listed.iter().any(Outcome::let_in);
    let seen_there = if exchange == FIRST { seen.to_string() } else { format!("{exchange} {seen}") };
    Some(match (allowed, seen.let_in()) {
        (false, true) => (Verdict::Fail, format!("{seen_there} although denied (accepted: {accepted})")),
        (false, false) => (Verdict::Unknown, format!("{seen_there} is a denial, but not one of {accepted}")),
        (true, _) => (Verdict::Fail, format!("{seen_there} although allowed (accepted: {accepted})")),
    })
}

pub(super) fn demands_outcome(expect: &Expectations) -> bool {
    expect.0.iter().any(|expectation| listed_outcomes(expectation, FIRST).is_some())
}

pub(super) fn parse_outcome(value: &Value) -> Option<Outcome> {
    Outcome::try_from(value.as_str()?.to_owned()).ok()
}

/// The outcomes that an expectation on an exchange's outcome lists, when it lists any.
fn listed_outcomes(expectation: &Expectation, exchange: &str) -> Option<Vec<Outcome>> {
    let values = match &expectation.matcher {
        _ if expectation.path != exchange => return None,
        Matcher::Equals { value } => std::slice::from_ref(value),
        Matcher::AnyOf { values } => values,
        _ => return None,
    };
    values.iter().map(parse_outcome).collect()
}

/// A value as a message shows it: text without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
