//! Which facts a verb produces, by the first word of their path.
//!
//! The runner decides what it records; a new fact is added here so that scenarios may demand it. Verbs that show whole
//! Kubernetes objects or tokens are not listed: their facts are as wide as the objects.

/// First words of the paths a verb can produce; `None` when it may produce anything.
pub(super) fn of(verb: &str) -> Option<&'static [&'static str]> {
    match verb {
        "alert" => Some(&["state", "delivered", "labels", "annotations", "rule"]),
        "envoy-config" => Some(&["drift", "ports"]),
        "inspect" => {
            Some(&["leaf", "chain", "anchor", "exists", "type", "annotations", "key-matches", "path", "renewal"])
        }
        "probe" => Some(&[
            "outcome",
            "peer",
            "own",
            "server",
            "tls",
            "http-status",
            "alert",
            "stage",
            "error",
            "log",
            "ms",
            "then",
        ]),
        "promql" => Some(&["value", "values", "series"]),
        "proxy-status" => Some(&["pods", "missing", "out-of-sync", "versions"]),
        "reapply" => Some(&["objects", "unchanged", "changed", "created", "certificates", "reissued"]),
        "rotate" => Some(&["renewals", "serials", "keys", "window-without-secret-ms", "took", "leaf", "certificate"]),
        "rules" => Some(&["groups", "rules", "problems", "passed", "assertions", "failed", "tests"]),
        "traffic" => Some(&[
            "sent",
            "ok",
            "lost",
            "failed",
            "harness-limit",
            "errors",
            "ended",
            "serials",
            "handshakes-after-not-after",
        ]),
        _ => None,
    }
}
