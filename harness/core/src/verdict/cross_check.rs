//! Compares the views of one exchange: the caller's, the server's and that of the server's sidecar.
//!
//! Input: the facts of one sample. Output: the first claim in which two views differ, if any. Does not decide which
//! view is true.

use serde_json::Value;

use super::exchange::parse_outcome;
use crate::probe::BY_REQUEST;

/// The first claim in which two views differ.
pub(super) fn disagreement(facts: &Value) -> Option<String> {
    let recorded = facts.get("disagreement").filter(|recorded| !recorded.is_null());
    recorded
        .map(|recorded| recorded.as_str().map_or_else(|| recorded.to_string(), str::to_owned))
        .or_else(|| identity(facts))
        .or_else(|| answer(facts))
}

/// The caller's identity: the server's view against its sidecar's log.
fn identity(facts: &Value) -> Option<String> {
    let (saw, logged) = (facts.pointer("/server/saw/spiffe")?.as_str()?, facts.pointer("/log/peer")?.as_str()?);
    (saw != logged).then(|| format!("the server saw {saw}, its sidecar logged {logged}"))
}

/// Whether the caller was let in: its own view against the log of the server's sidecar. A retry may turn a 5xx into an
/// answer, so only clear acceptances and denials are compared, and only with the log entry that has the id of this
/// request.
fn answer(facts: &Value) -> Option<String> {
    if facts.pointer("/log/by")? != BY_REQUEST {
        return None;
    }
    let outcome = parse_outcome(facts.get("outcome")?)?;
    let code: u16 = facts.pointer("/log/code")?.as_str()?.parse().ok()?;
    let contradicts = match code {
        200..300 => !outcome.let_in(),
        400..500 => outcome.let_in(),
        _ => false,
    };
    contradicts.then(|| format!("the caller saw {outcome}, the server's sidecar logged {code}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(facts: &Value) -> Option<String> {
        disagreement(facts)
    }

    #[test]
    fn views_must_agree_on_the_caller() {
        let views = |saw: &str, logged: &str| json!({"server": {"saw": {"spiffe": saw}}, "log": {"peer": logged}});
        assert_eq!(difference(&views("spiffe://a", "spiffe://a")), None);
        assert!(difference(&views("spiffe://a", "spiffe://b")).unwrap().contains("spiffe://b"));
        assert_eq!(difference(&json!({"server": {"saw": {"spiffe": "spiffe://a"}}})), None);
        assert_eq!(difference(&json!({"disagreement": "as recorded"})), Some("as recorded".to_owned()));
    }

    #[test]
    fn views_must_agree_on_whether_the_caller_was_let_in() {
        let views = |outcome: &str, code: &str| json!({"outcome": outcome, "log": {"code": code, "by": BY_REQUEST}});
        for (outcome, code) in [
            ("established", "200"),
            ("plaintext-accepted", "200"),
            ("http-denied(403)", "403"),
            ("reset", "403"),
            ("established", "503"),
            ("hang", "0"),
        ] {
            assert_eq!(difference(&views(outcome, code)), None, "{outcome} {code}");
        }
        for (outcome, code) in [("reset", "200"), ("http-denied(403)", "200"), ("hang", "204"), ("established", "403")]
        {
            assert!(difference(&views(outcome, code)).unwrap().contains(code), "{outcome} {code}");
        }
        // Another attempt of the same caller may have been answered.
        assert_eq!(difference(&json!({"outcome": "reset", "log": {"code": "200", "by": "address"}})), None);
    }
}
