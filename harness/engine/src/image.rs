//! Images: what the engine and registries have, and the ways between them, an archive and a container.
//!
//! The engine fetches from registries itself, with its own configuration of mirrors and trust, and without credentials of ours.

use std::io;

use bollard::auth::DockerCredentials;
use bollard::models::ContainerConfig;
use bollard::query_parameters::{
    CommitContainerOptionsBuilder, CreateImageOptionsBuilder, ImportImageOptionsBuilder, ListImagesOptionsBuilder,
    PushImageOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::client::Engine;
use super::error::{EngineError, if_present};

/// An image that the engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The digest of its configuration; empty when the engine tells none.
    pub id: String,
    /// In bytes.
    pub size: u64,
    /// The program that a container of it runs: entry point and arguments.
    pub command: Vec<String>,
}

/// Which image of a registry: `Repository` and `Tag` of a reference such as `repository:tag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagged<'a> {
    pub repository: &'a str,
    pub tag: &'a str,
}

impl Engine {
    /// Whether the engine has the image. It would try to pull a missing image at start, and fail with an error of a
    /// registry.
    pub async fn has_image(&self, reference: &str) -> Result<bool, EngineError> {
        Ok(if_present(self.image(reference).await)?.is_some())
    }

    /// An image that the engine has.
    pub async fn image(&self, reference: &str) -> Result<Image, EngineError> {
        let what = format!("inspect image {reference}");
        let ask = self.request(what, self.limits.question, async |docker| docker.inspect_image(reference).await);
        let found = ask.await?;
        let config = found.config.unwrap_or_default();
        Ok(Image {
            id: found.id.unwrap_or_default(),
            size: found.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            command: [config.entrypoint, config.cmd].into_iter().flatten().flatten().collect(),
        })
    }

    /// All tags and digests by which the engine has images of a repository.
    pub async fn image_names(&self, repository: &str) -> Result<Vec<String>, EngineError> {
        let filters = [("reference", vec![repository])].into();
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let what = format!("list images of {repository}");
        let ask = self.request(what, self.limits.question, async |docker| docker.list_images(Some(options)).await);
        let images = ask.await?;
        let names = images.into_iter().flat_map(|image| image.repo_tags.into_iter().chain(image.repo_digests));
        Ok(names.filter(|name| name.starts_with(repository)).collect())
    }

    /// Removes a name, and the image with its last name. The engine refuses what a container uses.
    pub async fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::default().build();
        let what = format!("remove image {reference}");
        self.request(what, self.limits.change, async |docker| docker.remove_image(reference, Some(options), None).await)
            .await
            .map(drop)
    }

    pub async fn tag_image(&self, reference: &str, name: Tagged<'_>) -> Result<(), EngineError> {
        let options = TagImageOptionsBuilder::default().repo(name.repository).tag(name.tag).build();
        let what = format!("name {reference} {}:{}", name.repository, name.tag);
        self.request(what, self.limits.question, async |docker| docker.tag_image(reference, Some(options)).await).await
    }

    /// Reads images from a docker-archive; `described` names them in an error.
    pub async fn load_images(
        &self,
        described: &str,
        archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<(), EngineError> {
        let options = ImportImageOptionsBuilder::default().quiet(true).build();
        let what = format!("load {described}");
        self.drain(what, self.limits.bulk, |docker| docker.import_image_stream(options, archive, None)).await
    }

    /// Images as one docker-archive. An error is its last piece.
    pub fn saved_images(&self, references: &[String]) -> impl Stream<Item = io::Result<Bytes>> + Send + use<'_> {
        let names: Vec<&str> = references.iter().map(String::as_str).collect();
        let what = format!("save {}", names.join(", "));
        let archive = self.stream(what, self.limits.bulk, |docker| docker.export_images(&names).boxed());
        archive.map(|chunk| chunk.map_err(io::Error::other)).boxed()
    }

    /// The digest of an image in a registry, without fetching it; `None` when the registry tells none.
    ///
    /// # Errors
    ///
    /// A registry's refusal is [`EngineError::Refused`] with its status.
    pub async fn registry_digest(&self, reference: &str) -> Result<Option<String>, EngineError> {
        self.registry_digest_within(self.limits.registry, reference).await
    }

    /// Like [`Engine::registry_digest`], for a caller that waits less long.
    pub async fn registry_digest_within(
        &self,
        limit: std::time::Duration,
        reference: &str,
    ) -> Result<Option<String>, EngineError> {
        let what = format!("ask the registry for {reference}");
        let ask = self.request(what, limit, async |docker| docker.inspect_registry_image(reference, None).await);
        Ok(ask.await?.descriptor.digest)
    }

    pub async fn pull_image(&self, reference: &str) -> Result<(), EngineError> {
        let options = CreateImageOptionsBuilder::default().from_image(reference).build();
        let what = format!("pull {reference}");
        self.drain(what, self.limits.pull, |docker| docker.create_image(Some(options), None, None)).await
    }

    /// Sends a small image, as tests do, to a registry that asks for no credentials.
    pub async fn push_image(&self, name: Tagged<'_>) -> Result<(), EngineError> {
        let Tagged { repository, tag } = name;
        let options = PushImageOptionsBuilder::default().tag(tag).build();
        let credentials = Some(DockerCredentials::default());
        let what = format!("push {repository}:{tag}");
        self.drain(what, self.limits.registry, |docker| docker.push_image(repository, Some(options), credentials)).await
    }

    /// Makes an image of a container, whose containers run `command`.
    pub async fn commit(&self, container: &str, command: Vec<String>, name: Tagged<'_>) -> Result<(), EngineError> {
        let Tagged { repository, tag } = name;
        let options = CommitContainerOptionsBuilder::default().container(container).repo(repository).tag(tag).build();
        let config = ContainerConfig { entrypoint: Some(command), cmd: Some(Vec::new()), ..ContainerConfig::default() };
        let what = format!("commit {container} as {repository}:{tag}");
        let commit = async |docker: &bollard::Docker| docker.commit_container(options, config).await;
        self.request(what, self.limits.bulk, commit).await.map(drop)
    }
}
