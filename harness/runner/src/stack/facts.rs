//! Facts about the environment of a run: versions, running images, nodes. Collected once per run, for the report.

use std::collections::{BTreeMap, BTreeSet};

use mtls_core::support;
use mtls_images::BuiltStack;
use mtls_kubernetes::{Kube, KubeError};
use serde_json::{Value, json};

use super::{limitations, shown::Shown, support::Known};

/// Facts by topic: `kubernetes`, `nodes`, `images`, and `support`, with the rows of the support table that apply.
///
/// # Errors
///
/// When the API server does not answer.
pub async fn environment(kube: &Kube, known: &Known) -> Result<BTreeMap<String, Value>, KubeError> {
    let server = kube.version().await?;
    let nodes = kube.list("v1", "Node", None, None).await?;
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|node| {
            let info = &node.data["status"]["nodeInfo"];
            json!({
                "name": node.metadata.name, "kernel": info["kernelVersion"], "os": info["osImage"], "runtime": info["containerRuntimeVersion"],
                "kubelet": info["kubeletVersion"], "cpu": node.data["status"]["capacity"]["cpu"], "memory": node.data["status"]["capacity"]["memory"],
            })
        })
        .collect();
    let pods = kube.list("v1", "Pod", None, None).await?;
    let mut images = BTreeSet::new();
    for pod in &pods {
        for field in ["containerStatuses", "initContainerStatuses"] {
            for status in pod.data["status"][field].as_array().into_iter().flatten() {
                let text = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
                images.insert((text("image"), text("imageID")));
            }
        }
    }
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let systems: Vec<_> =
        nodes.iter().map(|node| (text(&node["name"]), text(&node["kubelet"]), text(&node["os"]))).collect();
    let examined = known.cluster(&Shown {
        images: images.iter().map(|(name, _)| name.as_str()).collect(),
        server: &server,
        nodes: systems.iter().map(|(name, kubelet, os)| (name.as_str(), kubelet.as_str(), os.as_str())).collect(),
    });
    let images: Vec<Value> = images.into_iter().map(|(name, id)| json!({"name": name, "running": id})).collect();
    Ok(BTreeMap::from([
        ("kubernetes".to_owned(), json!(server)),
        ("nodes".to_owned(), json!(nodes)),
        ("images".to_owned(), json!(images)),
        ("pods".to_owned(), json!(pods.len())),
        (support::TOPIC.to_owned(), json!(examined)),
    ]))
}

/// The node image, its images, and the resulting limitations, for the report.
pub fn origins(stack: &BuiltStack) -> Vec<(String, Value)> {
    let images: Vec<Value> = stack
        .images
        .iter()
        .map(|image| json!({"name": image.name, "digest": image.digest, "origin": image.origin}))
        .collect();
    vec![
        ("stack".to_owned(), json!({"name": stack.stack})),
        ("node-image".to_owned(), json!({"name": stack.node_image, "origin": limitations::node_image(stack)})),
        ("image-origins".to_owned(), json!(images)),
        ("honesty".to_owned(), json!(limitations::lines(stack))),
    ]
}

/// The same for a node image that the user named and that was not made here.
pub fn unknown_origins(node_image: &str) -> Vec<(String, Value)> {
    vec![
        ("node-image".to_owned(), json!({"name": node_image, "origin": "named by the user"})),
        ("honesty".to_owned(), json!([limitations::UNKNOWN_NODE_IMAGE])),
    ]
}

/// The limitation of a world without the products, in one line.
pub const LOOPBACK_IN_SHORT: &str = "no istiod, SPIRE, cert-manager or kubelet";
/// The limitations of every result of a loopback world.
pub const LOOPBACK_LIMITS: [&str; 4] = [
    "Loopback proves nothing about istiod, SPIRE, cert-manager or a kubelet: their configuration is reproduced, their code does not run.",
    "A release cannot rest on this run alone: that takes a run in the kind world or in a cluster.",
    "Sidecars are one stock Envoy with the filter chains, TLS contexts and policies that istiod pushes; listeners on loopback addresses replace the redirection of ports.",
    "Certificates come from the harness's own Root and Intermediate and are mounted by the harness, with the kubelet's atomic swap.",
];
