//! The environment facts of the canned runs.

use serde_json::{Value, json};

/// Versions past their end of support, versions with an unconfirmed rule, and unknown versions.
pub(crate) fn ended() -> Value {
    let mut stale = row(
        "istio",
        "1.30.3",
        &json!([{"version": "1.30", "rule": "until six weeks after 1.32.0", "held": "2026-07-01"}]),
    );
    stale["rows"][0]["read-on"] = json!("2026-07-14");
    let prometheus =
        json!([{"version": "2.53", "until": "2025-07-31"}, {"version": "2.53", "by": "debian", "until": "2028-08-09"}]);
    let mut package = row("prometheus", "2.53.3", &prometheus);
    package["packaged"] = json!("debian");
    json!({"support": [
        row("cert-manager", "v1.11.5", &json!([{"version": "1.11", "until": "2023-09-12"}])),
        {"component": "envoy", "seen": ["docker.io/istio/proxyv2:1.30.3"]},
        stale,
        row("kubernetes", "v1.36.1", &json!([{"version": "1.36", "until": "2027-06-28"}])),
        package,
        row("spire", "1.13.3", &json!([{"version": "1.13", "until": "2026-11-23"}])),
        row("trust-manager", "v0.25.0", &json!([])),
    ]})
}

/// A version as a run records it. The shared fields of its rows are added here.
fn row(component: &str, version: &str, rows: &Value) -> Value {
    let mut rows = rows.clone();
    for row in rows.as_array_mut().unwrap() {
        row["component"] = json!(component);
        row["source"] = json!(format!("{component}.example, Releases"));
        row["read-on"] = json!("2026-11-01");
    }
    json!({"component": component, "version": version, "seen": [format!("{component}.example/{component}:{version}")], "rows": rows})
}

pub(crate) fn facts() -> Value {
    json!({
        "components": {
            "cert-manager": "v1.21.1",
            "istio": "1.30.3",
            "kubernetes": "v1.36.1",
            "prometheus": "v3.9.0",
            "spire": "1.15.3",
        },
        "images": [
            {"name": "istio/proxyv2", "tag": "1.30.3", "digest": format!("sha256:{}", "7c".repeat(32)), "origin": "built from source"},
            {"name": "istio/pilot", "tag": "1.30.3", "digest": format!("sha256:{}", "1e".repeat(32)), "origin": "built from source"},
            {"name": "spire-server", "tag": "1.15.3", "digest": format!("sha256:{}", "a4".repeat(32)), "origin": "pulled"},
            {"name": "cert-manager-controller", "tag": "v1.21.1", "digest": format!("sha256:{}", "d0".repeat(32)), "origin": "pulled"},
        ],
        "nodes": [
            {"name": "mtls-e2e-control-plane", "role": "control-plane", "kernel": "6.12.8", "runtime": "containerd 2.2.0"},
        ],
        "support": [
            row("cert-manager", "v1.21.1", &json!([{"version": "1.21", "rule": "until 1.23.0 is out", "held": "2026-11-01"}])),
            row("istio", "1.30.3", &json!([{"version": "1.30", "rule": "until six weeks after 1.32.0", "held": "2026-11-01"}])),
            row("kubernetes", "v1.36.1", &json!([{"version": "1.36", "until": "2027-06-28"}])),
            row("prometheus", "v3.9.0", &json!([{"version": "3.9", "until": "2026-12-31"}])),
            row("spire", "1.15.3", &json!([{"version": "1.15", "rule": "until 1.17.0 is out", "held": "2026-11-01"}])),
        ],
        "host": {"architecture": "x86_64", "cpus": 4, "memory": "16 GiB", "clock offset": "3 ms"},
        "honesty": [
            "Istio images were built from source at the pinned commits; they are not the vendor's binaries.",
            "One node: nothing here shows behaviour across nodes.",
            "Lifetimes were shortened by the product's own settings; 30 d and 10 y are checked as values only.",
        ],
    })
}
