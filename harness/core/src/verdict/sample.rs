//! One sample against the demand of its check.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    Verdict,
    control::unpaired,
    cross_check,
    exchange::{demands_outcome, outcome, outcome_rule, parse_outcome},
    ledger,
};
use crate::{
    evidence::{event::Sample, plan::Deviation},
    expectation::{
        Expectation, Expectations, Matcher,
        matching::lookup,
        outcome::{EXCHANGES, Outcome},
    },
    text::plain,
};

/// A sample and its verdict.
#[derive(Clone, Debug)]
pub(super) struct Observation<'a> {
    pub sample: &'a Sample,
    pub verdict: Verdict,
    pub reason: String,
    pub comparisons: Vec<Comparison>,
    /// Whether the sample shows the violation that is on record.
    pub deviates: bool,
}

/// One path of the facts: expected and observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    pub path: String,
    pub expected: String,
    pub observed: String,
    pub met: bool,
    /// Why the facts do not decide it, when they do not. Such a comparison is not met and no violation.
    #[serde(skip)]
    pub(crate) undecided: Option<String>,
}

/// Judges a sample that must meet every expectation.
pub(super) fn demanded<'a>(expect: &Expectations, sample: &'a Sample) -> Observation<'a> {
    let comparisons = compare(expect, sample);
    let by_outcome = || EXCHANGES.into_iter().filter_map(|exchange| outcome_rule(expect, sample, exchange));
    let (verdict, reason) = useless(expect, sample)
        .or_else(|| disagreement(sample, &comparisons))
        // An unwanted acceptance is reported first, before its consequences.
        .or_else(|| by_outcome().find(|(verdict, _)| matches!(verdict, Verdict::Fail | Verdict::Broken)))
        .or_else(|| unpaired(sample))
        .or_else(|| forbidden_presence(expect, &comparisons))
        .or_else(|| by_outcome().next())
        .or_else(|| violation(&comparisons))
        .or_else(|| nothing_compared(&comparisons))
        .or_else(|| ledger::is_short(sample))
        .unwrap_or((Verdict::Pass, "as expected".to_owned()));
    Observation { sample, verdict, reason, comparisons, deviates: false }
}

/// Judges a sample that must meet every expectation or violate them in the way that is on record. Only a failure can be
/// a known deviation.
pub(super) fn tolerated<'a>(expect: &Expectations, known: &Deviation, sample: &'a Sample) -> Observation<'a> {
    let observation = demanded(expect, sample);
    if observation.verdict == Verdict::Fail && demanded(&known.shows, sample).verdict == Verdict::Pass {
        return Observation { verdict: Verdict::Pass, deviates: true, ..observation };
    }
    observation
}

/// Judges a sample that must not meet all expectations at once.
pub(super) fn forbidden<'a>(expect: &Expectations, sample: &'a Sample) -> Observation<'a> {
    let comparisons = compare(expect, sample);
    let (verdict, reason) = useless(expect, sample).or_else(|| disagreement(sample, &[])).unwrap_or_else(|| {
        if comparisons.iter().all(|comparison| comparison.met) {
            return (Verdict::Fail, format!("what must never hold held: {}", observed(&comparisons)));
        }
        let is_missed = comparisons.iter().any(|comparison| !comparison.met && comparison.undecided.is_none());
        // Where nothing is decidedly missed, nothing shows that it did not hold.
        let unclear = nothing_compared(&comparisons).filter(|_| !is_missed);
        unclear.or_else(|| ledger::is_short(sample)).unwrap_or_else(|| (Verdict::Pass, "did not hold".to_owned()))
    });
    Observation { sample, verdict, reason, comparisons, deviates: false }
}

/// The observed values at all demanded paths, in one line.
pub(super) fn observed(comparisons: &[Comparison]) -> String {
    let parts: Vec<_> =
        comparisons.iter().map(|comparison| format!("{}: {}", comparison.path, comparison.observed)).collect();
    parts.join("; ")
}

/// The reason why the facts decide nothing about the demand.
fn useless(expect: &Expectations, sample: &Sample) -> Option<(Verdict, String)> {
    if let Some(problem) = &sample.problem {
        return Some((Verdict::Broken, format!("observation failed: {problem}")));
    }
    if let Some(reason) = ledger::decides_nothing(sample) {
        return Some(reason);
    }
    match outcome(sample).map(parse_outcome) {
        Some(Some(Outcome::HarnessError)) => {
            return Some((Verdict::Broken, "the probe itself failed: outcome harness-error".to_owned()));
        }
        Some(None) if demands_outcome(expect) => {
            let word = outcome(sample).map(plain).unwrap_or_default();
            return Some((
                Verdict::Broken,
                format!("the probe reported `{word}`, which is no outcome of the closed set"),
            ));
        }
        None if demands_outcome(expect) => {
            return Some((Verdict::Broken, "the probe reported no outcome".to_owned()));
        }
        _ => {}
    }
    expect.0.is_empty().then(|| (Verdict::Vacuous, "nothing was demanded".to_owned()))
}

/// Two views of one session that contradict each other are `unknown`, unless the server's own view violates the demand
/// already: a forged header that the server believed and its sidecar did not is a failure.
fn disagreement(sample: &Sample, comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let difference = cross_check::disagreement(&sample.facts)?;
    let own: Vec<Comparison> =
        comparisons.iter().filter(|one| !one.met && one.path == "server.saw.spiffe").cloned().collect();
    Some(violation(&own).unwrap_or_else(|| (Verdict::Unknown, format!("two sources disagree: {difference}"))))
}

/// A value that must be absent and is present is a failure, also beside an outcome that decides nothing: a 403 to
/// plaintext is an unlisted denial, and proves that a STRICT server spoke HTTP.
fn forbidden_presence(expect: &Expectations, comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let is_absent = |path: &str| expect.0.iter().any(|one| one.matcher == Matcher::Absent && one.path == path);
    let present: Vec<Comparison> =
        comparisons.iter().filter(|comparison| !comparison.met && is_absent(&comparison.path)).cloned().collect();
    violation(&present)
}

/// Demands on elements of which none was there to compare.
fn nothing_compared(comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let undecided: Vec<String> = comparisons
        .iter()
        .filter_map(|Comparison { path, expected, undecided, .. }| {
            Some(format!("{path} decides nothing: {}; expected {expected}", undecided.as_ref()?))
        })
        .collect();
    (!undecided.is_empty()).then(|| (Verdict::Vacuous, undecided.join("; ")))
}

fn violation(comparisons: &[Comparison]) -> Option<(Verdict, String)> {
    let violated: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.met && comparison.undecided.is_none())
        .map(|Comparison { path, observed, expected, .. }| {
            format!("{path} is {}, expected {expected}", shortened(observed))
        })
        .collect();
    (!violated.is_empty()).then(|| (Verdict::Fail, violated.join("; ")))
}

/// The value in one line of at most 200 characters, for a reason. The comparison keeps the whole value.
fn shortened(observed: &str) -> String {
    const MAX_LENGTH: usize = 200;
    let line = observed.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    if length <= MAX_LENGTH {
        return line;
    }
    let (start, end) = (MAX_LENGTH / 4, MAX_LENGTH - MAX_LENGTH / 4);
    let head: String = line.chars().take(start).collect();
    let tail: String = line.chars().skip(length - end).collect();
    format!("{head} … {tail}")
}

/// Empty when the observation failed: its facts say nothing, not even that something is absent.
fn compare(expect: &Expectations, sample: &Sample) -> Vec<Comparison> {
    if sample.problem.is_some() {
        return Vec::new();
    }
    expect.0.iter().flat_map(|expectation| compare_one(expectation, &sample.facts)).collect()
}

fn compare_one(expectation: &Expectation, facts: &Value) -> Vec<Comparison> {
    let mismatches = Expectations(vec![expectation.clone()]).mismatches(facts);
    if mismatches.is_empty() {
        let values: Vec<_> = lookup(facts, &expectation.path)
            .iter()
            .map(|found| found.value.as_deref().map_or_else(absent, plain))
            .collect();
        return vec![Comparison {
            path: expectation.path.clone(),
            expected: expectation.matcher.to_string(),
            observed: values.join(", "),
            met: true,
            undecided: None,
        }];
    }
    mismatches
        .into_iter()
        .map(|mismatch| Comparison {
            path: mismatch.path,
            expected: mismatch.expected,
            observed: mismatch.observed.as_ref().map_or_else(absent, plain),
            met: false,
            undecided: mismatch.undecided,
        })
        .collect()
}

fn absent() -> String {
    "absent".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(accepted: &[&str], facts: Value, verdict: Verdict) {
        let values = accepted.iter().map(|word| json!(word)).collect();
        let expectation = |path: &str, matcher| Expectation { path: path.to_owned(), matcher };
        let expect = Expectations(vec![
            expectation("outcome", Matcher::AnyOf { values }),
            expectation("server.saw.requests", Matcher::Equals { value: json!(0) }),
        ]);
        let sample = Sample {
            at: jiff::Timestamp::UNIX_EPOCH,
            facts,
            source: "direct".to_owned(),
            evidence: vec![],
            problem: None,
        };
        let observation = demanded(&expect, &sample);
        assert_eq!(observation.verdict, verdict, "{accepted:?} against {}: {}", sample.facts, observation.reason);
    }

    #[test]
    fn a_forbidden_value_decides_beside_an_unlisted_denial() {
        let expectation = |path: &str, matcher| Expectation { path: path.to_owned(), matcher };
        let expect = Expectations(vec![
            expectation("outcome", Matcher::AnyOf { values: vec![json!("reset")] }),
            expectation("http-status", Matcher::Absent),
        ]);
        let judged = |facts: Value| {
            let at = jiff::Timestamp::UNIX_EPOCH;
            let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            let observation = demanded(&expect, &sample);
            (observation.verdict, observation.reason)
        };
        let says = |verdict, reason: &str| (verdict, reason.to_owned());
        assert_eq!(judged(json!({"outcome": "reset"})), says(Verdict::Pass, "as expected"));
        assert_eq!(
            judged(json!({"outcome": "http-denied(403)", "http-status": 403})),
            says(Verdict::Fail, "http-status is 403, expected absent")
        );
        assert_eq!(
            judged(json!({"outcome": "plaintext-accepted", "http-status": 200})),
            says(Verdict::Fail, "plaintext-accepted although denied (accepted: reset)")
        );
        assert_eq!(
            judged(json!({"outcome": "closed-early"})),
            says(Verdict::Unknown, "closed-early is a denial, but not one of reset")
        );
    }

    #[test]
    fn outcomes_are_judged_by_whether_they_let_the_caller_in() {
        let facts = |outcome: &str| json!({"outcome": outcome, "server": {"saw": {"requests": 0}}});
        let denied = ["reset", "tls-alert(unknown_ca)"];
        check(&denied, facts("reset"), Verdict::Pass);
        check(&denied, facts("tls-alert(unknown_ca)"), Verdict::Pass);
        check(&denied, facts("tls-alert(bad_certificate)"), Verdict::Unknown);
        check(&denied, facts("dns-fail"), Verdict::Unknown);
        check(&denied, facts("established"), Verdict::Fail);
        check(&denied, facts("plaintext-accepted"), Verdict::Fail);
        check(&denied, facts("negotiated(1.0)"), Verdict::Fail);
        check(&["negotiated(1.2)"], facts("negotiated(1.2)"), Verdict::Pass);
        check(&["negotiated(1.2)"], facts("negotiated(1.1)"), Verdict::Fail);
        check(&denied, facts("harness-error"), Verdict::Broken);
        check(&denied, facts("went-well"), Verdict::Broken);
        check(&denied, json!({}), Verdict::Broken);
        check(&["established"], facts("established"), Verdict::Pass);
        check(&["established"], facts("dns-fail"), Verdict::Fail);
        check(&["established"], facts("plaintext-accepted"), Verdict::Fail);
        check(&["established"], facts("harness-error"), Verdict::Broken);
    }

    #[test]
    fn a_later_exchange_is_judged_by_whether_it_was_let_in_again() {
        let expectation = |path: &str, word: &str| Expectation {
            path: path.to_owned(),
            matcher: Matcher::Equals { value: json!(word) },
        };
        let expect =
            Expectations(vec![expectation("outcome", "established"), expectation("then.outcome", "closed-early")]);
        let judged = |first: &str, then: Value| {
            let at = jiff::Timestamp::UNIX_EPOCH;
            let facts = json!({"outcome": first, "then": then});
            let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            let observation = demanded(&expect, &sample);
            (observation.verdict, observation.reason)
        };
        let says = |verdict, reason: &str| (verdict, reason.to_owned());
        assert_eq!(judged("established", json!({"outcome": "closed-early"})), says(Verdict::Pass, "as expected"));
        assert_eq!(
            judged("established", json!({"outcome": "established"})),
            says(Verdict::Fail, "then.outcome established although denied (accepted: closed-early)")
        );
        assert_eq!(
            judged("established", json!({"outcome": "hang"})),
            says(Verdict::Unknown, "then.outcome hang is a denial, but not one of closed-early")
        );
        assert_eq!(
            judged("established", json!({"outcome": "harness-error"})),
            says(Verdict::Broken, "the probe itself failed: then.outcome harness-error")
        );
        assert_eq!(judged("established", Value::Null), says(Verdict::Broken, "the probe reported no `then.outcome`"));
        // The first exchange decides when it went wrong: nothing could come after it.
        assert_eq!(
            judged("reset", json!({"outcome": "harness-error"})),
            says(Verdict::Fail, "reset although allowed (accepted: established)")
        );
    }

    #[test]
    fn only_the_violation_on_record_is_tolerated() {
        let expectation = |path: &str, word: &str| Expectation {
            path: path.to_owned(),
            matcher: Matcher::Equals { value: json!(word) },
        };
        let expect = Expectations(vec![expectation("outcome", "established"), expectation("then.outcome", "reset")]);
        let shows = vec![expectation("then.outcome", "established"), expectation("then.tls.handshake", "resumed")];
        let known = Deviation {
            from: "TLS-05".to_owned(),
            shows: Expectations(shows),
            because: String::new(),
            compensated_by: vec![],
        };
        let judged = |first: &str, then: Value| {
            let at = jiff::Timestamp::UNIX_EPOCH;
            let facts = json!({"outcome": first, "then": then});
            let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            let observation = tolerated(&expect, &known, &sample);
            (observation.verdict, observation.deviates)
        };
        let resumed = json!({"outcome": "established", "tls": {"handshake": "resumed"}});
        assert_eq!(judged("established", resumed), (Verdict::Pass, true));
        assert_eq!(judged("established", json!({"outcome": "reset"})), (Verdict::Pass, false));
        let full = json!({"outcome": "established", "tls": {"handshake": "full"}});
        assert_eq!(judged("established", full), (Verdict::Fail, false));
        assert_eq!(judged("established", json!({"outcome": "hang"})), (Verdict::Unknown, false));
        assert_eq!(judged("established", json!({"outcome": "harness-error"})), (Verdict::Broken, false));
    }

    #[test]
    fn a_demand_on_elements_that_are_not_there_is_vacuous_also_under_never() {
        let matcher = Matcher::NoElement {
            demands: Expectations(vec![Expectation {
                path: "mode".to_owned(),
                matcher: Matcher::Equals { value: json!("OPEN") },
            }]),
        };
        let expect = Expectations(vec![Expectation { path: "items".to_owned(), matcher }]);
        let rows = [
            (json!({"items": [{"mode": "STRICT"}]}), [Verdict::Pass, Verdict::Fail]),
            (json!({"items": [{"mode": "OPEN"}]}), [Verdict::Fail, Verdict::Pass]),
            (json!({"items": []}), [Verdict::Vacuous; 2]),
            (json!({}), [Verdict::Vacuous; 2]),
        ];
        for (facts, verdicts) in rows {
            let at = jiff::Timestamp::UNIX_EPOCH;
            let sample = Sample { at, facts, source: "kubernetes".to_owned(), evidence: vec![], problem: None };
            let judged = [demanded(&expect, &sample), forbidden(&expect, &sample)].map(|one| one.verdict);
            assert_eq!(judged, verdicts, "{}", sample.facts);
        }
    }

    #[test]
    fn a_listed_outcome_does_not_excuse_the_other_paths() {
        check(&["reset"], json!({"outcome": "reset", "server": {"saw": {"requests": 1}}}), Verdict::Fail);
    }

    #[test]
    fn views_that_disagree_decide_nothing() {
        let facts = json!({"outcome": "reset", "server": {"saw": {"requests": 0}}, "disagreement": "server says 200"});
        check(&["reset"], facts, Verdict::Unknown);
    }

    #[test]
    fn a_server_that_accepts_a_wrong_identity_fails_whatever_its_sidecar_logged() {
        let matcher = Matcher::Equals { value: json!("spiffe://a") };
        let expect = Expectations(vec![Expectation { path: "server.saw.spiffe".to_owned(), matcher }]);
        let judged = |saw: &str| {
            let facts = json!({"server": {"saw": {"spiffe": saw}}, "disagreement": "the sidecar logged another"});
            let at = jiff::Timestamp::UNIX_EPOCH;
            let sample = Sample { at, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            demanded(&expect, &sample).verdict
        };
        assert_eq!((judged("spiffe://a"), judged("spiffe://b")), (Verdict::Unknown, Verdict::Fail));
    }
}
