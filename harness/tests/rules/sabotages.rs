//! Ways to spoil the shipped rules, and the steps of `alerts/arithmetic` that must notice.

/// One way to spoil a rule.
pub(crate) struct Sabotage {
    pub(crate) what: &'static str,
    pub(crate) file: &'static str,
    /// Text of the rule file, and what takes its place everywhere.
    pub(crate) change: (&'static str, &'static str),
    /// Steps that must fail.
    pub(crate) fails: &'static [&'static str],
}

pub(crate) const SEED: &str = "mtls/monitoring/rules/seed.rules.yaml";
const CORRECTED: &str = "mtls/monitoring/rules/corrected.rules.yaml";
const ADDED: &str = "mtls/monitoring/rules/added.rules.yaml";

pub(crate) const SABOTAGES: &[Sabotage] = &[
    Sabotage {
        what: "the seed's threshold a second too high",
        file: SEED,
        change: ("< 604800", "< 604801"),
        fails: &["expiring-soon"],
    },
    Sabotage {
        what: "the seed's threshold 0: with the rule its faults are gone, too",
        file: SEED,
        change: ("< 604800", "< 0"),
        fails: &[
            "expiring-soon",
            "object-named",
            "seed-healthy-renewal",
            "seed-metrics-lost",
            "seed-never-issued",
            "seed-short-lived",
            "seed-stuck-renewal",
        ],
    },
    Sabotage {
        what: "the seed's violation rule believes the server",
        file: SEED,
        change: (
            "connection_security_policy=\"unknown\"",
            "connection_security_policy=~\"none|unknown\",reporter=\"destination\"",
        ),
        fails: &["seed-healthy-traffic", "seed-policy-violation", "seed-refused-callers"],
    },
    Sabotage {
        what: "the seed ignores a gauge of 0",
        file: SEED,
        change: (
            "expr: certmanager_certificate_expiration_timestamp_seconds - ",
            "expr: (certmanager_certificate_expiration_timestamp_seconds > 0) - ",
        ),
        fails: &["seed-never-issued"],
    },
    Sabotage {
        what: "the seed has a threshold for authorities",
        file: SEED,
        change: (
            "< 604800",
            "< 604800 or certmanager_certificate_expiration_timestamp_seconds{namespace=\"cert-manager\"} - time() < 34128000",
        ),
        fails: &["seed-authorities"],
    },
    Sabotage {
        what: "the seed sees the first event of a series",
        file: SEED,
        change: (
            "[5m]) > 0",
            "[5m]) > 0 or (istio_tcp_connections_closed_total{connection_security_policy=\"unknown\"} unless istio_tcp_connections_closed_total offset 5m)",
        ),
        fails: &["seed-first-violation"],
    },
    Sabotage {
        what: "no word on the first event of a series",
        file: CORRECTED,
        change: ("unless istio_", "unless on() vector(1) or vector(0) < istio_"),
        fails: &["first-violation"],
    },
    Sabotage {
        what: "`unless` removed: every series is new for ever",
        file: CORRECTED,
        change: (" offset 5m", " offset 5m == -1"),
        fails: &["resolved"],
    },
    Sabotage {
        what: "no filter on the reporter",
        file: CORRECTED,
        change: ("reporter=\"destination\",", ""),
        fails: &["healthy-traffic"],
    },
    Sabotage {
        what: "staging counts as production",
        file: CORRECTED,
        change: ("destination_workload_namespace=\"x0tta6bl4-production\"", "destination_workload_namespace=~\".+\""),
        fails: &["policy-violation"],
    },
    Sabotage {
        what: "the metrics port counts",
        file: CORRECTED,
        change: ("destination_port!=\"9090\",", ""),
        fails: &["policy-violation"],
    },
    Sabotage {
        what: "a refused handshake counts as plaintext",
        file: CORRECTED,
        change: (",destination_principal!~\"spiffe://.+\"", ""),
        fails: &["refused-callers"],
    },
    Sabotage {
        what: "overdue by one minute more, as requirements 3.3 had it",
        file: CORRECTED,
        change: ("> 840", "> 900"),
        fails: &["stuck-renewal"],
    },
    Sabotage {
        what: "overdue from the first second",
        file: CORRECTED,
        change: ("> 840", "> 0"),
        fails: &["healthy-renewal"],
    },
    Sabotage {
        what: "half an hour more of margin for everybody",
        file: CORRECTED,
        change: ("* 6 / 7", "* 6 / 7 + 1900"),
        fails: &["short-lived"],
    },
    Sabotage {
        what: "the margin without `for`, at the instant of renewal",
        file: CORRECTED,
        change: ("* 6 / 7\n    for: 15m", "* 1"),
        fails: &["healthy-renewal", "stuck-renewal"],
    },
    Sabotage {
        what: "the margin in days, as requirements 3.3 had it",
        file: CORRECTED,
        change: (
            "(certmanager_certificate_expiration_timestamp_seconds - (certmanager_certificate_renewal_timestamp_seconds > 0)) * 6 / 7",
            "518400",
        ),
        fails: &["resolved", "short-lived", "stuck-renewal"],
    },
    Sabotage {
        what: "lost metrics a minute later",
        file: CORRECTED,
        change: ("for: 9m", "for: 10m"),
        fails: &["metrics-lost"],
    },
    Sabotage {
        what: "never issued is not looked for",
        file: CORRECTED,
        change: ("_seconds == 0", "_seconds == 1"),
        fails: &["never-issued", "object-named"],
    },
    Sabotage {
        what: "a gauge of 0 is an expiry",
        file: CORRECTED,
        change: (
            "(certmanager_certificate_renewal_timestamp_seconds > 0)\n    for: 5m",
            "(certmanager_certificate_renewal_timestamp_seconds >= 0)\n    for: 5m",
        ),
        fails: &["never-issued"],
    },
    Sabotage {
        what: "the certificate is aggregated away",
        file: CORRECTED,
        change: (
            "expr: certmanager_certificate_expiration_timestamp_seconds == 0",
            "expr: min by (namespace) (certmanager_certificate_expiration_timestamp_seconds) == 0",
        ),
        fails: &["object-named"],
    },
    Sabotage {
        what: "seven days for the Intermediate",
        file: ADDED,
        change: ("< 5184000", "< 604800"),
        fails: &["authorities", "object-named"],
    },
    Sabotage {
        what: "the Root is warned of while it renews",
        file: ADDED,
        change: ("< 34128000", "< 315360001"),
        fails: &["authorities"],
    },
    Sabotage {
        what: "a bad certificate is no refusal",
        file: ADDED,
        change: ("ssl_fail_verify_error", "ssl_handshake"),
        fails: &["refused-callers"],
    },
    Sabotage {
        what: "a target that is down counts as there",
        file: ADDED,
        change: ("} == 1)", "})"),
        fails: &["control-plane", "resolved"],
    },
    Sabotage {
        what: "a restart is a loss",
        file: ADDED,
        change: ("expr: absent(up{job=\"istiod\"} == 1)\n    for: 5m", "expr: absent(up{job=\"istiod\"} == 1)"),
        fails: &["control-plane"],
    },
];
