//! The node image of a world: from the cache, pulled, built here, or named by the user.

use std::{path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use harness::{
    cluster::Engine,
    stack::{origins, unknown_origins},
    world::KindRequest,
};
use mtls_images::{BuildRequest, BuiltStack, StackName, SupplyRequest, Wish};
use serde_json::Value;

use crate::paths;

/// The source of images. By default: the cache, else upstream's registries if they answer, else built from source.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Source {
    /// Build every image from source, even where a registry answers.
    #[arg(long)]
    from_source: bool,
    /// Pull images through this registry, with its address before upstream's names, even when the cache has
    /// everything:
    /// `HOST:PORT` or `HOST:PORT/PATH`.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "from_source")]
    mirror: Option<String>,
}

/// The set of versions.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Versions {
    /// Set of versions of the stack: `current`, or another that fixtures/stack declares, such as `seed-era`.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) stack: StackName,
}

/// The world of a command.
#[derive(clap::Args)]
pub(crate) struct WorldArguments {
    /// Name of the world.
    #[arg(long, default_value = paths::DEFAULT_WORLD, value_parser = paths::world_name)]
    pub(crate) name: String,
    /// Nodes of a world that this command creates: one control plane and N-1 workers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    nodes: u8,
    /// Use this tree instead of fixtures/infra/mtls.
    #[arg(long, value_name = "DIR")]
    pub(crate) infra: Option<PathBuf>,
    #[command(flatten)]
    images: Source,
    #[command(flatten)]
    pub(crate) versions: Versions,
    /// Node image to use as it is, instead of the one that the cache, a registry or a build supplies.
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["from_source", "mirror"])]
    node_image: Option<String>,
}

impl WorldArguments {
    /// The node image, which is made if it is not there. `None` without an engine: such a world has no nodes.
    pub(crate) async fn image(&self, engine: Option<&Engine>) -> Result<Option<NodeImage>> {
        let Some(engine) = engine else { return Ok(None) };
        Ok(Some(node_image(self.node_image.as_deref(), &self.images, &self.versions, engine).await?))
    }

    /// The nodes of the world, from this image.
    pub(crate) fn request(&self, image: Option<&NodeImage>) -> KindRequest {
        KindRequest {
            name: self.name.clone(),
            node_image: image.map(|image| image.name.clone()).unwrap_or_default(),
            stack: self.versions.stack.clone(),
            nodes: self.nodes.into(),
            kubeconfig: paths::kubeconfig(&self.name),
        }
    }
}

impl Source {
    fn wish(&self) -> Wish {
        match &self.mirror {
            Some(mirror) => Wish::Mirror(mirror.clone()),
            None if self.from_source => Wish::FromSource,
            None => Wish::Any,
        }
    }

    pub(super) fn request(&self, build: BuildRequest) -> SupplyRequest {
        SupplyRequest { build, wish: self.wish() }
    }

    /// The same as command line arguments.
    pub(super) fn words(&self) -> Vec<String> {
        match self.wish() {
            Wish::Any => Vec::new(),
            Wish::FromSource => vec!["--from-source".to_owned()],
            Wish::Mirror(mirror) => vec!["--mirror".to_owned(), mirror],
        }
    }
}

/// A node image that is in the engine, and the facts about its contents for the report.
pub(crate) struct NodeImage {
    pub(crate) name: String,
    pub(crate) facts: Vec<(String, Value)>,
    /// The images in it; `None` for an image that the user names.
    pub(crate) built: Option<BuiltStack>,
}

/// The image named by the user, else the one that the cache, a registry or a build supplies; prints which, before
/// making it.
pub(crate) async fn node_image(
    named: Option<&str>,
    source: &Source,
    versions: &Versions,
    engine: &Engine,
) -> Result<NodeImage> {
    let build = super::images::request(&versions.stack)?;
    if let Some(name) = named {
        if !engine.has_image(name).await? {
            bail!("image {name} is not in the engine; pull it, or leave --node-image out");
        }
        let described = mtls_images::described(&build, name);
        let facts = described.as_ref().map_or_else(|| unknown_origins(name), origins);
        return Ok(NodeImage { name: name.to_owned(), facts, built: described });
    }
    let stack = supplied(&source.request(build)).await?;
    Ok(NodeImage { facts: origins(&stack), name: stack.node_image.clone(), built: Some(stack) })
}

/// Decides, prints the decision in one line, and executes it.
pub(super) async fn supplied(request: &SupplyRequest) -> Result<BuiltStack> {
    let start = Instant::now();
    let supply = mtls_images::decide(request).await?;
    say!("{supply}");
    let is_cached = supply.is_cached();
    let mut progress = super::images::progress::for_this_output();
    let stack = mtls_images::supply(&request.build, supply, progress.as_mut()).await?;
    drop(progress);
    if !is_cached {
        let (name, count, took) = (&stack.node_image, stack.images.len(), start.elapsed().as_secs_f32());
        say!("{name} holds {count} images; {took:.1} s");
    }
    Ok(stack)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        source: Source,
    }

    #[test]
    fn flags_are_a_wish_and_a_wish_is_flags() {
        for (words, wish) in [
            (vec![], Wish::Any),
            (vec!["--from-source"], Wish::FromSource),
            (vec!["--mirror", "127.0.0.1:5000"], Wish::Mirror("127.0.0.1:5000".to_owned())),
        ] {
            let source = Line::parse_from([vec!["x"], words.clone()].concat()).source;
            assert_eq!(source.wish(), wish);
            assert_eq!(source.words(), words);
        }
        assert!(Line::try_parse_from(["x", "--from-source", "--mirror", "m"]).is_err());
    }
}
