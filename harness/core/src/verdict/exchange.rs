//! Outcomes of a probe's exchanges, the first and the one that follows it, against the accepted outcomes.

use serde_json::Value;

use super::Verdict;
use crate::{
    evidence::event::Sample,
    expectation::{
        Expectation, Expectations, Matcher,
        matching::lookup,
        outcome::{FIRST_EXCHANGE, Outcome},
    },
};

/// The outcome that a probe reported, if the facts have one.
pub(super) fn outcome(sample: &Sample) -> Option<&Value> {
    sample.facts.get("outcome")
}

/// Judges an outcome. Where a denial is demanded, only an acceptance is a failure; a denial that is not listed is
/// `unknown`.
pub(super) fn outcome_rule(expect: &Expectations, sample: &Sample, exchange: &str) -> Option<(Verdict, String)> {
    let listed = expect.0.iter().find_map(|expectation| listed_outcomes(expectation, exchange))?;
    let found = lookup(&sample.facts, exchange).into_iter().find_map(|found| found.value);
    let seen = match found.as_deref().and_then(parse_outcome) {
        // `useless` reports a missing outcome of the first exchange.
        None => {
            return (exchange != FIRST_EXCHANGE)
                .then(|| (Verdict::Broken, format!("the probe reported no `{exchange}`")));
        }
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
    let seen_there = if exchange == FIRST_EXCHANGE { seen.to_string() } else { format!("{exchange} {seen}") };
    Some(match (allowed, seen.let_in()) {
        (false, true) => (Verdict::Fail, format!("{seen_there} although denied (accepted: {accepted})")),
        (false, false) => (Verdict::Unknown, format!("{seen_there} is a denial, but not one of {accepted}")),
        (true, _) => (Verdict::Fail, format!("{seen_there} although allowed (accepted: {accepted})")),
    })
}

pub(super) fn demands_outcome(expect: &Expectations) -> bool {
    expect.0.iter().any(|expectation| listed_outcomes(expectation, FIRST_EXCHANGE).is_some())
}

pub(super) fn parse_outcome(value: &Value) -> Option<Outcome> {
    Outcome::try_from(value.as_str()?.to_owned()).ok()
}

/// The outcomes that an expectation accepts for this exchange, if it lists any.
fn listed_outcomes(expectation: &Expectation, exchange: &str) -> Option<Vec<Outcome>> {
    let values = match &expectation.matcher {
        _ if expectation.path != exchange => return None,
        Matcher::Equals { value } => std::slice::from_ref(value),
        Matcher::AnyOf { values } => values,
        _ => return None,
    };
    values.iter().map(parse_outcome).collect()
}
