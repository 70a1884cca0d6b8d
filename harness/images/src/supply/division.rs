//! The source of each image after querying a registry for it, and the line that describes the division.

use std::fmt;

use super::decision::{answering, by_reason};
use super::registries::{Answers, Found};
use crate::pulled::Offer;
use crate::stack::{Image, Node, Upstream};

/// The stack, divided between a registry and this machine.
#[derive(Clone, Debug)]
pub(super) struct Division {
    /// Pulled, with the offer of the registry.
    pub(super) pulled: Vec<(Image, Offer)>,
    /// Built here, because nobody publishes them.
    pub(super) ours: Vec<Image>,
    /// Built here although they are published, because they are not available; with the reason.
    pub(super) absent: Vec<(Image, String)>,
    /// The base of the node image, or why it is built here.
    pub(super) node: Result<Offer, String>,
    /// The registries that answered.
    pub(super) registries: Vec<String>,
    pub(super) mirror: Option<String>,
}

impl Division {
    /// `found` has an entry for each image that upstream publishes, by upstream's name.
    pub(super) fn of(
        images: &[Image],
        node: &Node,
        found: &[(Upstream, Found)],
        answers: &Answers,
        mirror: Option<&str>,
    ) -> Self {
        let lookup = |upstream: &Upstream| found.iter().find(|(asked, _)| asked.name == upstream.name);
        let mut division = Self {
            pulled: Vec::new(),
            ours: Vec::new(),
            absent: Vec::new(),
            node: Err("nobody publishes it".to_owned()),
            registries: answers.yes.clone(),
            mirror: mirror.map(str::to_owned),
        };
        for image in images {
            match image.upstream.as_ref().map(lookup) {
                None => division.ours.push(image.clone()),
                Some(Some((_, Ok(offer)))) => division.pulled.push((image.clone(), offer.clone())),
                Some(Some((_, Err(why)))) => division.absent.push((image.clone(), why.clone())),
                Some(None) => division.absent.push((image.clone(), "no registry was queried for it".to_owned())),
            }
        }
        if let Some(upstream) = &node.upstream {
            let named = |why: &String| format!("{}: {why}", upstream.name);
            division.node = match lookup(upstream) {
                Some((_, found)) => found.clone().map_err(|why| named(&why)),
                None => Err(named(&"no registry was queried for it".to_owned())),
            };
        }
        division
    }

    /// Whether an image is built here.
    pub(super) fn is_built(&self, image: &Image) -> bool {
        !self.pulled.iter().any(|(pulled, _)| pulled.reference() == image.reference())
    }
}

impl fmt::Display for Division {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mirror {
            Some(mirror) => write!(formatter, "images: pulled from {mirror} under upstream's names")?,
            None => write!(formatter, "images: pulled from upstream's registries ({})", answering(&self.registries))?,
        }
        let mut built: Vec<String> = self.ours.iter().map(|image| last(&image.name).to_owned()).collect();
        match &self.node {
            Ok(offer) => {
                write!(formatter, "; node on {}; built here: {}", offer.from, built.join(", "))?;
            }
            Err(why) => {
                built.push(format!("node ({why})"));
                write!(formatter, "; built here: {}", built.join(", "))?;
            }
        }
        if self.absent.is_empty() {
            return Ok(());
        }
        let absent: Vec<(String, String)> =
            self.absent.iter().map(|(image, why)| (image.reference(), why.clone())).collect();
        let unless = if self.node.is_ok() { " unless the node holds it" } else { "" };
        write!(formatter, "; cannot be had and is built here too{unless}: {}", by_reason(&absent))
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Stack;
    use crate::model::Demand;

    #[test]
    fn what_a_registry_has_is_pulled_and_the_rest_is_built_and_named() {
        let stack = shipped();
        let missing = ["registry.k8s.io/etcd:", "docker.io/kindest/node:"];
        let division = divide(&stack, |name| !missing.iter().any(|missing| name.starts_with(missing)));
        let is_built = |name: &str| {
            let image = stack.images.iter().find(|image| image.name == name).unwrap();
            division.is_built(image)
        };
        assert!(is_built("registry.k8s.io/etcd") && is_built("localhost/mtls-e2e/mtls-client"));
        assert!(!is_built("registry.k8s.io/pause"));
        let line = division.to_string();
        assert!(
            line.starts_with("images: pulled from upstream's registries (r.example answers); built here: "),
            "{line}"
        );
        assert!(line.contains("mtls-client") && line.contains("node (docker.io/kindest/node:v1."), "{line}");
        assert!(line.contains("cannot be had and is built here too: registry.k8s.io/etcd:"), "{line}");
        assert!(line.ends_with(": manifest unknown"), "{line}");
    }

    #[test]
    fn a_node_image_of_upstream_is_named() {
        let line = divide(&shipped(), |_| true).to_string();
        assert!(line.contains("; node on docker.io/kindest/node:v1."), "{line}");
        assert!(!line.contains("cannot be had"), "{line}");
    }

    fn divide(stack: &Stack, has: impl Fn(&str) -> bool) -> Division {
        let upstream =
            stack.images.iter().filter_map(|image| image.upstream.clone()).chain(stack.node.upstream.clone());
        let found: Vec<(Upstream, Found)> = upstream
            .map(|upstream| {
                let offer = Offer {
                    exact: String::new(),
                    digest: String::new(),
                    from: upstream.name.clone(),
                    demand: Demand::Tag,
                };
                let found = if has(&upstream.name) { Ok(offer) } else { Err("manifest unknown".to_owned()) };
                (upstream, found)
            })
            .collect();
        let answers = Answers { yes: vec!["r.example".to_owned()], no: Vec::new() };
        Division::of(&stack.images, &stack.node, &found, &answers, None)
    }

    fn shipped() -> Stack {
        Stack::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml")).unwrap()
    }
}
