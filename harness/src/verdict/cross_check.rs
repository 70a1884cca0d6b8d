//! The same exchange as the caller, the server and the server's sidecar saw it: views that contradict each other decide nothing.
//!
//! Input: the facts of one sample. Output: in which claim two of them differ, if any. Whom to believe is nobody's to say here.

use serde_json::Value;

use super::exchange::parse_outcome;
use crate::probe::BY_REQUEST;

/// The first claim about which two views differ.
pub(super) fn disagreement(facts: &Value) -> Option<String> {
    let said = facts.get("disagreement").filter(|said| !said.is_null());
    said.map(|said| said.as_str().map_or_else(|| said.to_string(), str::to_owned))
        .or_else(|| identity(facts))
        .or_else(|| answer(facts))
}

/// Who the caller was: the server's word against its sidecar's log.
fn identity(facts: &Value) -> Option<String> {
    let (saw, logged) = (facts.pointer("/server/saw/spiffe")?.as_str()?, facts.pointer("/log/peer")?.as_str()?);
    (saw != logged).then(|| format!("the server saw {saw}, its sidecar logged {logged}"))
}

/// Whether the caller was let in: its own word against the log of the server's sidecar. A retry may turn a 5xx into an answer,
/// so only those that say yes and those that say no are held against each other; and only an entry with the id of this very request.
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

    fn told(facts: &Value) -> Option<String> {
        disagreement(facts)
    }

    #[test]
    fn who_called_must_be_the_same_in_both_views() {
        let views = |saw: &str, logged: &str| json!({"server": {"saw": {"spiffe": saw}}, "log": {"peer": logged}});
        assert_eq!(told(&views("spiffe://a", "spiffe://a")), None);
        assert!(told(&views("spiffe://a", "spiffe://b")).unwrap().contains("spiffe://b"));
        assert_eq!(told(&json!({"server": {"saw": {"spiffe": "spiffe://a"}}})), None);
        assert_eq!(told(&json!({"disagreement": "as recorded"})), Some("as recorded".to_owned()));
    }

    #[test]
    fn whether_somebody_got_in_must_be_the_same_in_both_views() {
        let views = |outcome: &str, code: &str| json!({"outcome": outcome, "log": {"code": code, "by": BY_REQUEST}});
        for (outcome, code) in [
            ("established", "200"),
            ("plaintext-accepted", "200"),
            ("http-denied(403)", "403"),
            ("reset", "403"),
            ("established", "503"),
            ("hang", "0"),
        ] {
            assert_eq!(told(&views(outcome, code)), None, "{outcome} {code}");
        }
        for (outcome, code) in [("reset", "200"), ("http-denied(403)", "200"), ("hang", "204"), ("established", "403")]
        {
            assert!(told(&views(outcome, code)).unwrap().contains(code), "{outcome} {code}");
        }
        // Another attempt of the same caller may have been answered.
        assert_eq!(told(&json!({"outcome": "reset", "log": {"code": "200", "by": "address"}})), None);
    }
}
