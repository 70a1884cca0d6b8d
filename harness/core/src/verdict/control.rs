//! The positive control of a refusal: without it, an endpoint that refuses every caller would look strict.

use super::{
    Verdict,
    exchange::{outcome, parse_outcome},
};
use crate::{evidence::event::Sample, text::plain};

/// The reason why a refusal decides nothing: the endpoint refused the positive control before it or after it.
pub(super) fn unpaired(sample: &Sample) -> Option<(Verdict, String)> {
    let control = sample.facts.get("control").filter(|control| control.is_object())?;
    let refusals: Vec<String> = ["before", "after"]
        .iter()
        .filter(|turn| !parse_outcome(&control[**turn]).is_some_and(|outcome| outcome.let_in()))
        .map(|turn| match control[*turn].as_str() {
            Some(outcome) => format!("{outcome} {turn}"),
            None => format!("not tried {turn}"),
        })
        .collect();
    let refused = !outcome(sample).and_then(parse_outcome).is_some_and(|outcome| outcome.let_in());
    (refused && !refusals.is_empty()).then(|| {
        let name = plain(&control["case"]);
        (Verdict::Unknown, format!("the positive control `{name}` did not get in: {}", refusals.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        expectation::{Expectation, Expectations, Matcher},
        verdict::sample::demanded,
    };

    #[test]
    fn a_refusal_decides_nothing_while_the_control_is_refused() {
        let control = |before: &str, after: &str| json!({"case": "control", "before": before, "after": after});
        let judged = |outcome: &str, control: Value| {
            let values = vec![json!("tls-alert(unknown_ca)")];
            let expect =
                Expectations(vec![Expectation { path: "outcome".to_owned(), matcher: Matcher::AnyOf { values } }]);
            let at = jiff::Timestamp::UNIX_EPOCH;
            let facts = json!({"outcome": outcome, "control": control});
            let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            demanded(&expect, &sample).verdict
        };
        let refused = "tls-alert(unknown_ca)";
        assert_eq!(judged(refused, control("established", "established")), Verdict::Pass);
        assert_eq!(judged(refused, control("established", refused)), Verdict::Unknown);
        assert_eq!(judged(refused, control("hang", "established")), Verdict::Unknown);
        assert_eq!(judged(refused, json!({"case": "control", "before": "established"})), Verdict::Unknown);
        // A caller that is let in is a failure, whatever the outcome of the control.
        assert_eq!(judged("established", control("established", refused)), Verdict::Fail);
    }
}
