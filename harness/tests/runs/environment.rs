//! What the canned runs say about the world they saw.

use serde_json::{Value, json};

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
        "host": {"architecture": "x86_64", "cpus": 4, "memory": "16 GiB", "clock offset": "3 ms"},
        "honesty": [
            "Istio images were built from source at the pinned commits; they are not the vendor's binaries.",
            "One node: nothing here shows behaviour across nodes.",
            "Lifetimes were shortened by the product's own settings; 30 d and 10 y are checked as values only.",
        ],
    })
}
