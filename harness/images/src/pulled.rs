//! Images from a registry: requests by digest, and the error when the digest differs.
//!
//! The engine fetches the images, with its own configuration of mirrors and trust.
//!
//! Deliberately absent: credentials. Log the engine in, or name a mirror that needs none.

use bollard::query_parameters::{CreateImageOptionsBuilder, TagImageOptionsBuilder};
use futures::{Stream, StreamExt as _};

use super::cache::Key;
use super::engine::{Engine, limited};
use super::error::BuildError;
use super::model::{Demand, ImageFact, Origin};
use super::stack::{Image, Upstream};

/// Timeout of a query to a registry.
const QUESTION: std::time::Duration = std::time::Duration::from_mins(1);
/// Timeout of pulling one image.
const PULL: std::time::Duration = std::time::Duration::from_mins(20);

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
        (engine.registry_digest(&from).await?, Demand::Tag)
    } else {
        demanded(engine, repository, &from, &upstream.digest).await?;
        (upstream.digest.clone(), Demand::Recorded)
    };
    Ok(Offer { exact: format!("{repository}@{digest}"), digest, from, demand })
}

/// Pulls an offered image into the engine.
pub(super) async fn bring(engine: &Engine, image: &Image, offer: Offer) -> Result<Pulled, BuildError> {
    engine.pull(&offer.exact).await?;
    engine.tag(&offer.exact, &image.name, &image.tag).await?;
    let (id, size) = engine.identity(&offer.exact).await?;
    Ok(Pulled { name: image.reference(), offer, id, size })
}

/// The registry must have the image with that digest; otherwise the error names the digest of the tag.
async fn demanded(engine: &Engine, repository: &str, tagged: &str, digest: &str) -> Result<(), BuildError> {
    let Err(absent) = engine.registry_digest(&format!("{repository}@{digest}")).await else {
        return Ok(());
    };
    match engine.registry_digest(tagged).await {
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

impl Engine {
    /// The digest of an image in a registry, without fetching it.
    pub(super) async fn registry_digest(&self, reference: &str) -> Result<String, BuildError> {
        let action = format!("ask the registry for {reference}");
        let answer = limited(&action, QUESTION, self.0.inspect_registry_image(reference, None)).await?;
        let found = answer.map_err(BuildError::engine(&action))?;
        found.descriptor.digest.ok_or_else(|| BuildError::Content {
            component: reference.to_owned(),
            problem: "the registry names no digest for it".to_owned(),
            fix: "use a registry that speaks the distribution API, version 2".to_owned(),
        })
    }

    pub(super) async fn pull(&self, exact: &str) -> Result<(), BuildError> {
        let action = format!("pull {exact}");
        let options = CreateImageOptionsBuilder::default().from_image(exact).build();
        let mut lines = std::pin::pin!(self.0.create_image(Some(options), None, None));
        let drain = async {
            while let Some(line) = lines.next().await {
                line?;
            }
            Ok(())
        };
        limited(&action, PULL, drain).await?.map_err(BuildError::engine(action))
    }

    pub(super) async fn tag(&self, reference: &str, repository: &str, tag: &str) -> Result<(), BuildError> {
        let action = format!("name {reference} {repository}:{tag}");
        let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
        limited(&action, QUESTION, self.0.tag_image(reference, Some(options)))
            .await?
            .map_err(BuildError::engine(&action))
    }

    /// The id and size (bytes) of an image.
    pub(super) async fn identity(&self, reference: &str) -> Result<(String, u64), BuildError> {
        let action = format!("inspect {reference}");
        let found =
            limited(&action, QUESTION, self.0.inspect_image(reference)).await?.map_err(BuildError::engine(&action))?;
        let size = found.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        Ok((found.id.unwrap_or_default(), size))
    }

    /// Images of the engine as one docker-archive.
    pub(super) fn saved(
        &self,
        images: &[String],
    ) -> impl Stream<Item = std::io::Result<bytes::Bytes>> + Send + use<'_> {
        let names: Vec<&str> = images.iter().map(String::as_str).collect();
        self.0.export_images(&names).map(|chunk| chunk.map_err(std::io::Error::other)).boxed()
    }
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
