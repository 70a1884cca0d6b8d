//! The limitations of a result that follow from the origin of each image.
//!
//! Pure: equal images give equal lines. Not here: limitations of a single run.

use std::collections::BTreeSet;

use mtls_images::{BuiltStack, Demand, ImageFact, NodeOrigin, Origin};

/// Prefix of the images of this project, which have no upstream.
const OURS: &str = "localhost/";

/// The lines of a report.
pub(super) fn lines(stack: &BuiltStack) -> Vec<String> {
    let (pulled, built): (Vec<&ImageFact>, Vec<&ImageFact>) =
        stack.images.iter().partition(|image| matches!(image.origin, Origin::Pulled { .. }));
    let named: Vec<&str> =
        built.iter().map(|image| image.name.as_str()).filter(|name| !name.starts_with(OURS)).collect();
    let mut lines = Vec::new();
    lines.extend(sidecars(stack));
    lines.extend(from_source(&named, &pulled));
    lines.extend(from_registries(&pulled));
    lines.extend(node(stack, &pulled));
    lines.extend(notes(&built));
    lines.push(
        "Scenarios about the client (client/*) run the client of this workspace as a process of this machine, beside the cluster."
            .to_owned(),
    );
    lines
}

/// The report's line about a node image that was not made here.
pub(super) const UNKNOWN_NODE_IMAGE: &str = "Nothing is known about the images inside the node image, nor about what its sidecars are: it was named by the user.";

/// Which Envoy the sidecars run, and the source of Istio's metrics.
fn sidecars(stack: &BuiltStack) -> Vec<String> {
    let Some(sidecar) = stack.images.iter().find(|image| image.name.contains("/proxyv2:")) else {
        return vec![
            "Nothing is known about what the sidecars are: no image of the node is called proxyv2.".to_owned(),
        ];
    };
    match &sidecar.origin {
        Origin::BuiltFromSource { .. } => vec![
            "Sidecars are istiod's configuration on stock Envoy with pilot-agent built from source, not the shipped proxyv2 image."
                .to_owned(),
            "istio_tcp_* and istio_requests_total come from Envoy's stats access logger, not from Istio's own filter."
                .to_owned(),
        ],
        Origin::Pulled { digest, from, .. } => vec![
            format!("Sidecars run the proxyv2 image that {from} names, {digest}, with its own Envoy."),
            "istio_tcp_* and istio_requests_total come from Envoy's stats access logger, as fixtures/infra configures it, not from Istio's own filter."
                .to_owned(),
        ],
    }
}

/// The differences of locally built images from the published ones, as declared.
fn notes(built: &[&ImageFact]) -> BTreeSet<String> {
    let of = |image: &&ImageFact| match &image.origin {
        Origin::BuiltFromSource { notes, .. } => notes.clone(),
        Origin::Pulled { .. } => Vec::new(),
    };
    built.iter().flat_map(of).collect()
}

fn from_source(named: &[&str], pulled: &[&ImageFact]) -> Option<String> {
    match (named, pulled.is_empty()) {
        ([], _) => None,
        (_, true) => Some(
            "Images carry upstream names but were built here from module sources; digests are those of this machine."
                .to_owned(),
        ),
        (named, false) => Some(format!(
            "These images carry upstream names but were built here, digests are those of this machine: {}.",
            named.join(", ")
        )),
    }
}

fn from_registries(pulled: &[&ImageFact]) -> Vec<String> {
    let mut registries = BTreeSet::new();
    let mut by_tag = 0_usize;
    for image in pulled {
        if let Origin::Pulled { from, demand, .. } = &image.origin {
            registries.insert(from.split('/').next().unwrap_or(from));
            by_tag += usize::from(*demand == Demand::Tag);
        }
    }
    let mut lines = Vec::new();
    if !registries.is_empty() {
        let registries: Vec<&str> = registries.into_iter().collect();
        lines.push(format!(
            "Images pulled: {}, from {}; they are what that holds under upstream's names.",
            pulled.len(),
            registries.join(", ")
        ));
    }
    if by_tag > 0 {
        lines.push(format!(
            "stack.yaml records no digest for {by_tag} of them: they are what their tags led to (`cargo xtask images pull` records it)."
        ));
    }
    lines
}

fn node(stack: &BuiltStack, pulled: &[&ImageFact]) -> Option<String> {
    match &stack.node {
        NodeOrigin::On { image, id } => {
            Some(format!("The node is made on {image} ({id}), with the Kubernetes images that it holds."))
        }
        NodeOrigin::BuiltFromSource if pulled.is_empty() => None,
        NodeOrigin::BuiltFromSource => {
            Some("The node's root file system and its Kubernetes programs were built here.".to_owned())
        }
    }
}

/// The origin of the node image as a whole.
pub(super) fn node_image(stack: &BuiltStack) -> String {
    let pulled = stack.images.iter().any(|image| matches!(image.origin, Origin::Pulled { .. }));
    match (&stack.node, pulled) {
        (NodeOrigin::BuiltFromSource, false) => "built from source".to_owned(),
        (NodeOrigin::BuiltFromSource, true) => "built from source, with images that were pulled".to_owned(),
        (NodeOrigin::On { image, .. }, false) => format!("made on {image}, with images built from source"),
        (NodeOrigin::On { image, .. }, true) => format!("made on {image}, with images that were pulled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_built_here_says_stock_envoy() {
        let text = lines(&stack(&[built("docker.io/istio/proxyv2:1"), built("localhost/x:dev")])).join("\n");
        assert!(text.contains("stock Envoy") && text.contains("built here from module sources"), "{text}");
        assert!(!text.contains("pulled"), "{text}");
    }

    #[test]
    fn a_pulled_proxyv2_is_never_called_stock_envoy() {
        let stack = stack(&[pulled("docker.io/istio/proxyv2:1", Demand::Recorded), built("localhost/x:dev")]);
        let text = lines(&stack).join("\n");
        assert!(!text.contains("stock Envoy") && !text.contains("upstream names but"), "{text}");
        assert!(text.contains("mirror.example/docker.io/istio/proxyv2:1 names, sha256:d"), "{text}");
        assert!(text.contains("Images pulled: 1, from mirror.example;"), "{text}");
        assert!(!text.contains("records no digest"), "{text}");
        assert_eq!(node_image(&stack), "built from source, with images that were pulled");
    }

    #[test]
    fn of_a_mixed_stack_each_image_is_told_apart() {
        let mixed = [
            built("docker.io/istio/proxyv2:1"),
            pulled("registry.k8s.io/etcd:3", Demand::Tag),
            built("registry.k8s.io/pause:3"),
        ];
        let text = lines(&stack(&mixed)).join("\n");
        assert!(text.contains("stock Envoy"), "{text}");
        assert!(text.contains("this machine: docker.io/istio/proxyv2:1, registry.k8s.io/pause:3."), "{text}");
        assert!(text.contains("records no digest for 1 of them"), "{text}");
    }

    #[test]
    fn what_differs_from_upstream_is_said_once_and_only_where_it_was_built_here() {
        let noted = |name: &str| {
            let mut image = built(name);
            image.origin = Origin::BuiltFromSource {
                module: "m".to_owned(),
                version: "v1".to_owned(),
                notes: vec!["other programs".to_owned()],
            };
            image
        };
        let text = lines(&stack(&[noted("a:1"), noted("b:1"), pulled("c:1", Demand::Tag)]));
        assert_eq!(text.iter().filter(|line| *line == "other programs").count(), 1, "{text:?}");
        assert!(!lines(&stack(&[built("a:1")])).contains(&"other programs".to_owned()));
    }

    #[test]
    fn the_node_that_somebody_else_made_is_named() {
        let on = NodeOrigin::On { image: "kindest/node:v1".to_owned(), id: "sha256:n".to_owned() };
        let stack = BuiltStack { node: on, ..stack(&[pulled("docker.io/istio/proxyv2:1", Demand::Tag)]) };
        assert!(lines(&stack).join("\n").contains("The node is made on kindest/node:v1 (sha256:n)"));
        assert_eq!(node_image(&stack), "made on kindest/node:v1, with images that were pulled");
    }

    fn stack(images: &[ImageFact]) -> BuiltStack {
        BuiltStack {
            stack: mtls_images::StackName::default(),
            node_image: "node:1".to_owned(),
            images: images.to_vec(),
            node: NodeOrigin::BuiltFromSource,
        }
    }

    fn built(name: &str) -> ImageFact {
        let origin = Origin::BuiltFromSource { module: "m".to_owned(), version: "v1".to_owned(), notes: Vec::new() };
        ImageFact { name: name.to_owned(), digest: "sha256:c".to_owned(), size: 1, origin }
    }

    fn pulled(name: &str, demand: Demand) -> ImageFact {
        let from = format!("mirror.example/{name}");
        let origin = Origin::Pulled { digest: "sha256:d".to_owned(), from, demand };
        ImageFact { name: name.to_owned(), digest: "sha256:c".to_owned(), size: 1, origin }
    }
}
