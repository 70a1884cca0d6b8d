//! Samples and what they are judged as.

use serde_json::json;

use super::*;

fn check(accepted: &[&str], facts: Value, verdict: Verdict) {
    let values = accepted.iter().map(|word| json!(word)).collect();
    let expectation = |path: &str, matcher| Expectation { path: path.to_owned(), matcher };
    let expect = Expectations(vec![
        expectation("outcome", Matcher::AnyOf { values }),
        expectation("server.saw.requests", Matcher::Equals { value: json!(0) }),
    ]);
    let sample =
        Sample { at: jiff::Timestamp::UNIX_EPOCH, facts, source: "direct".to_owned(), evidence: vec![], problem: None };
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
    let expectation =
        |path: &str, word: &str| Expectation { path: path.to_owned(), matcher: Matcher::Equals { value: json!(word) } };
    let expect = Expectations(vec![expectation("outcome", "established"), expectation("then.outcome", "closed-early")]);
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
    let expectation =
        |path: &str, word: &str| Expectation { path: path.to_owned(), matcher: Matcher::Equals { value: json!(word) } };
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
