//! The running components and their versions, as far as they are observable: the report states their support status.
//!
//! For an image that was built here, the declaration has every component and version. For any other image, the name
//! gives the components and the tag gives the version, for components whose version the declared tag repeats. Versions
//! that no tag contains are not guessed, and an image that is not declared is listed by its name.
//!
//! Not here: whether a version is supported, see `support`.

use std::collections::BTreeSet;

use mtls_core::support::{Examined, Party, Tally, bare};
use mtls_images::{
    BuiltStack, Origin, Stack,
    stack::{BASE_ROOTFS, Base, Component, Image, Source},
};

use super::shown::{Shown, debian, split};

/// Information about images that is available without observing the cluster.
#[derive(Clone, Debug)]
pub struct Known {
    stack: Stack,
    /// Names and tags of images that were built here from the declaration.
    built: BTreeSet<String>,
}

impl Known {
    /// From the declaration and the images built from it; `None` for images from elsewhere.
    #[must_use]
    pub fn new(stack: Stack, built: Option<&BuiltStack>) -> Self {
        let images = built.into_iter().flat_map(|built| &built.images);
        let here = images.filter(|image| matches!(image.origin, Origin::BuiltFromSource { .. }));
        Self { stack, built: here.map(|image| image.name.clone()).collect() }
    }

    /// The components that the declaration would install, before anything runs.
    #[must_use]
    pub fn declared(&self) -> Vec<Examined> {
        let mut tally = Tally::default();
        for component in &self.stack.components {
            add(&mut tally, component, "stack.yaml");
        }
        tally.examined(&self.stack.support)
    }

    /// One program that runs without an image, with the version that it prints.
    pub(crate) fn program(&self, component: &str, version: Option<&str>) -> Vec<Examined> {
        let mut tally = Tally::default();
        tally.add(component, version, Party::Upstream, "the program of this machine");
        tally.examined(&self.stack.support)
    }

    /// The components that run in a cluster.
    pub(super) fn cluster(&self, shown: &Shown<'_>) -> Vec<Examined> {
        let mut tally = Tally::default();
        let kubernetes = self.stack.node.kubernetes.as_str();
        tally.add(kubernetes, Some(shown.server), Party::Upstream, "the API server");
        for (node, kubelet, system) in &shown.nodes {
            tally.add(kubernetes, Some(kubelet), Party::Upstream, &format!("the kubelet of {node}"));
            let seen = format!("node {node}");
            match debian(system) {
                Some(release) => tally.add(&self.stack.node.rootfs, Some(release), Party::Debian, &seen),
                None => tally.add(system, None, Party::Upstream, &seen),
            }
        }
        for image in &shown.images {
            self.image(image, &mut tally);
        }
        tally.examined(&self.stack.support)
    }

    fn image(&self, reference: &str, tally: &mut Tally) {
        let (name, tag) = split(reference);
        let Some(declared) = self.stack.images.iter().find(|image| image.name == name) else {
            return tally.add(name, tag, Party::Upstream, reference);
        };
        let components = declared.files.iter().filter_map(|file| self.stack.component(&file.component));
        if self.built.contains(reference) {
            let base = (declared.base == Base::Debian).then(|| self.stack.component(BASE_ROOTFS)).flatten();
            components.chain(base).for_each(|component| add(tally, component, reference));
            return;
        }
        for component in components.filter(|component| !is_ours(component)) {
            let version = tag.filter(|_| repeats(declared, component));
            tally.add(&component.id, version, Party::Upstream, reference);
        }
    }
}

/// A component with the version and maker of the declaration.
fn add(tally: &mut Tally, component: &Component, seen: &str) {
    let packaged = match component.source {
        Source::Debian(_) | Source::Rootfs(_) => Party::Debian,
        Source::Cargo(_) | Source::Go(_) | Source::Wheel(_) => Party::Upstream,
    };
    if !is_ours(component) {
        tally.add(&component.id, Some(&component.version), packaged, seen);
    }
}

/// Whether it is a program of this workspace, which has no releases.
fn is_ours(component: &Component) -> bool {
    component.version == OURS
}

/// The version of components without releases.
const OURS: &str = "dev";

/// Whether the image's tag is the component's version, so that another tag means another version.
fn repeats(image: &Image, component: &Component) -> bool {
    let rest = bare(&image.tag).strip_prefix(bare(&component.version));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn known(built: &[&str]) -> Known {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml");
        Known { stack: Stack::read(&file).unwrap(), built: built.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn of_images(known: &Known, images: &[&str]) -> Vec<String> {
        let mut tally = Tally::default();
        for image in images {
            known.image(image, &mut tally);
        }
        brief(tally.examined(&known.stack.support))
    }

    fn brief(examined: Vec<Examined>) -> Vec<String> {
        let rows = |one: &Examined| one.rows.iter().fold(String::new(), |text, row| format!("{text} {}", row.by));
        examined
            .into_iter()
            .map(|one| format!("{} {}{}", one.component, one.version.as_deref().unwrap_or("?"), rows(&one)))
            .collect()
    }

    #[test]
    fn an_image_that_was_not_built_here_is_known_by_its_name_and_tag() {
        let known = known(&[]);
        for (image, expected) in [
            ("quay.io/jetstack/cert-manager-controller:v1.21.2", vec!["cert-manager v1.21.2 upstream"]),
            ("registry.k8s.io/etcd:3.6.9-0", vec!["etcd 3.6.9-0 upstream"]),
            // The name does not contain the version of Envoy.
            ("docker.io/istio/proxyv2:1.31.0", vec!["envoy ?", "istio 1.31.0 upstream"]),
            // Debian's support does not apply to the project's own image.
            ("quay.io/prometheus/prometheus:v2.53.3", vec!["prometheus v2.53.3 upstream"]),
            ("ghcr.io/spiffe/spire-server:1.13.3@sha256:00", vec!["spire 1.13.3 upstream"]),
            ("ghcr.io/spiffe/spire-server@sha256:00", vec!["spire ?"]),
            ("docker.io/library/nginx:1.29", vec!["docker.io/library/nginx 1.29"]),
            ("mirror.test:5000/istio/pilot", vec!["mirror.test:5000/istio/pilot ?"]),
            // A program of this workspace has no releases.
            ("localhost/mtls-e2e/mtls-client:dev", vec![]),
        ] {
            assert_eq!(of_images(&known, &[image]), expected, "{image}");
        }
    }

    #[test]
    fn of_an_image_that_was_built_here_every_component_is_known() {
        let known = known(&[]);
        let reference =
            |name: &str| known.stack.images.iter().find(|image| image.name == name).map(Image::reference).unwrap();
        let (proxy, prometheus) = (reference("docker.io/istio/proxyv2"), reference("quay.io/prometheus/prometheus"));
        let version = |id: &str| known.stack.component(id).unwrap().version.clone();
        let built = self::known(&[&proxy, &prometheus]);
        assert_eq!(
            of_images(&built, &[&proxy, &prometheus]),
            [
                "base-rootfs trixie Debian".to_owned(),
                format!("envoy {} upstream", version("envoy")),
                format!("istio {} upstream", version("istio")),
                format!("prometheus {} upstream Debian", version("prometheus")),
            ]
        );
    }

    #[test]
    fn a_cluster_shows_its_server_its_kubelets_and_its_nodes() {
        let shown = Shown {
            images: vec![],
            server: "v1.36.5",
            nodes: vec![("a", "v1.36.5", "Debian GNU/Linux 13 (trixie)"), ("b", "v1.35.1-eks", "Bottlerocket OS 1.2")],
        };
        let examined = known(&[]).cluster(&shown);
        assert_eq!(examined[2].seen, ["the API server", "the kubelet of a"]);
        assert_eq!(
            brief(examined),
            [
                "Bottlerocket OS 1.2 ?",
                "kubernetes v1.35.1-eks upstream",
                "kubernetes v1.36.5 upstream",
                "node-rootfs trixie Debian",
            ]
            .map(str::to_owned)
        );
    }

    #[test]
    fn everything_that_the_declaration_brings_up_is_looked_up_before_a_run() {
        let declared = known(&[]).declared();
        assert!(declared.iter().all(|one| one.version.is_some() && one.version.as_deref() != Some(OURS)));
        for id in [
            "kubernetes",
            "etcd",
            "istio",
            "envoy",
            "cert-manager",
            "spire",
            "prometheus",
            "base-rootfs",
            "node-rootfs",
        ] {
            let one = declared.iter().find(|one| one.component == id).unwrap();
            assert!(!one.rows.is_empty(), "{id} {:?} has no row", one.version);
        }
    }

    #[test]
    fn a_program_of_this_machine_is_what_it_says() {
        assert_eq!(brief(known(&[]).program("envoy", Some("1.39.3"))), ["envoy 1.39.3 upstream"]);
        assert_eq!(brief(known(&[]).program("envoy", None)), ["envoy ?"]);
    }
}
