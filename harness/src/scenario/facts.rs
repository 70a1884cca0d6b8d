//! Which facts a verb produces, by the first word of their path.
//!
//! The runner decides what it records; a new fact is added here so that scenarios may demand it. Verbs that show whole
//! Kubernetes objects or tokens are not listed: their facts are as wide as the objects.

/// First words of the paths a verb can produce; `None` when it may produce anything.
pub(super) fn of(verb: &str) -> Option<&'static [&'static str]> {
    match verb {
        "alert" => Some(&["state", "delivered", "labels", "annotations", "rule"]),
        "command" => Some(&["class", "exit", "ended", "stdout", "stderr", "said", "rows", "reveals-key", "instead"]),
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
        "rotate" => Some(&["renewals", "serials", "keys", "window-without-secret-ms", "took", "leaf"]),
        "rules" => Some(&["groups", "rules", "problems", "changed", "passed", "assertions", "failed", "tests"]),
        "traffic" => Some(&[
            "scheduled",
            "sent",
            "joined",
            "ok",
            "lost",
            "failed",
            "shed",
            "duplicated",
            "unattributed",
            "errors",
            "ended",
            "loss-windows",
            "serials",
            "first-use",
            "pairs",
            "connections",
            "oldest-connection-ms",
            "handshakes-after-not-after",
            "connections-past-not-after",
            "rate",
            "late",
        ]),
        _ => None,
    }
}
