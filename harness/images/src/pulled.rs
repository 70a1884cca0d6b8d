//! Images from a registry: requests by digest, and the error when the digest differs.
//!
//! The engine fetches the images, with its own configuration of mirrors and trust.
//!
//! Deliberately absent: credentials. Log the engine in, or name a mirror that needs none.

use mtls_engine::{Engine, Tagged};

use super::cache::Key;
use super::error::BuildError;
use super::model::{Demand, ImageFact, Origin};
use super::stack::{Image, Upstream};

/// The image that a registry has under an upstream name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// Registry, repository and digest: the reference to fetch.
    pub(super) exact: String,
    /// The digest in the registry.
    pub(super) digest: String,
    /// The requested name.
    pub(super) from: String,
    /// Whether the declaration required the digest.
    pub(super) demand: Demand,
}

/// A pulled image, in the engine under the name that pods use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pulled {
    pub(super) name: String,
    pub(super) offer: Offer,
    /// The image id in the engine.
    pub(super) id: String,
    pub(super) size: u64,
}

impl Pulled {
    /// Adds the image to a key, including its source, which reports show.
    pub(super) fn identify(&self, key: &mut Key) {
        let Offer { digest, from, demand, .. } = &self.offer;
        key.text(&self.name, &self.id).text(from, digest).declaration(demand);
    }

    pub(super) fn fact(&self) -> ImageFact {
        let Offer { digest, from, demand, .. } = self.offer.clone();
        ImageFact {
            name: self.name.clone(),
            digest: self.id.clone(),
            size: self.size,
            origin: Origin::Pulled { digest, from, demand },
        }
    }
}

/// The name to request: the upstream name, prefixed by the mirror.
pub(super) fn asked(upstream: &Upstream, mirror: Option<&str>) -> String {
    match mirror {
        Some(mirror) => format!("{}/{}", mirror.trim_end_matches('/'), upstream.name),
        None => upstream.name.clone(),
    }
}

/// Queries the registry for a name. A recorded digest is required; without one, the digest of the tag is used.
pub(super) async fn offer(engine: &Engine, upstream: &Upstream, mirror: Option<&str>) -> Result<Offer, BuildError> {
    let from = asked(upstream, mirror);
    let (repository, _) = split(&from);
    let (digest, demand) = if upstream.digest.is_empty() {
        (registry_digest(engine, &from).await?, Demand::Tag)
    } else {
        demanded(engine, repository, &from, &upstream.digest).await?;
        (upstream.digest.clone(), Demand::Recorded)
    };
    Ok(Offer { exact: format!("{repository}@{digest}"), digest, from, demand })
}

/// Pulls an offered image into the engine.
pub(super) async fn bring(engine: &Engine, image: &Image, offer: Offer) -> Result<Pulled, BuildError> {
    pull(engine, &offer.exact).await?;
    engine.tag_image(&offer.exact, Tagged { repository: &image.name, tag: &image.tag }).await?;
    let found = engine.image(&offer.exact).await?;
    Ok(Pulled { name: image.reference(), offer, id: found.id, size: found.size })
}

/// Pulls an image into the engine, under the name that it has in the registry.
pub(super) async fn pull(engine: &Engine, reference: &str) -> Result<(), BuildError> {
    Ok(engine.pull_image(reference).await?)
}

async fn registry_digest(engine: &Engine, reference: &str) -> Result<String, BuildError> {
    engine.registry_digest(reference).await?.ok_or_else(|| BuildError::Content {
        component: reference.to_owned(),
        problem: "the registry names no digest for it".to_owned(),
        fix: "use a registry that speaks the distribution API, version 2".to_owned(),
    })
}

/// The registry must have the image with that digest; otherwise the error names the digest of the tag.
async fn demanded(engine: &Engine, repository: &str, tagged: &str, digest: &str) -> Result<(), BuildError> {
    let Err(absent) = registry_digest(engine, &format!("{repository}@{digest}")).await else {
        return Ok(());
    };
    match registry_digest(engine, tagged).await {
        Ok(found) => Err(BuildError::WrongDigest { image: tagged.to_owned(), recorded: digest.to_owned(), found }),
        Err(_) => Err(absent),
    }
}

/// Splits a reference into repository and tag; a colon before the last slash belongs to a port.
pub(super) fn split(reference: &str) -> (&str, &str) {
    let name = reference.rfind('/').map_or(0, |slash| slash + 1);
    match reference[name..].find(':') {
        Some(colon) => (&reference[..name + colon], &reference[name + colon + 1..]),
        None => (reference, "latest"),
    }
}

/// A reference as the engine takes it.
pub(super) fn named(reference: &str) -> Tagged<'_> {
    let (repository, tag) = split(reference);
    Tagged { repository, tag }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_a_tag() {
        assert_eq!(
            split("127.0.0.1:5000/registry.k8s.io/pause:3.10"),
            ("127.0.0.1:5000/registry.k8s.io/pause", "3.10")
        );
        assert_eq!(split("127.0.0.1:5000/pause"), ("127.0.0.1:5000/pause", "latest"));
        assert_eq!(split("pause:3"), ("pause", "3"));
    }
}
