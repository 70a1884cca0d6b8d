//! Tests the decision between pulling and building, for the shipped declaration and an empty cache.
//!
//! A local registry has a small image under every published upstream name; then one is removed, one digest changes,
//! the registry stops or does not answer. The missing image is really built if there is a compiler for it.
//!
//! Not here: the node image, which takes a whole root file system.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use mtls_engine::Engine;
use tokio::sync::mpsc;

use super::registry::Registry;
use super::{SelftestError, WRONG};
use crate::archive::{Built, Start};
use crate::assemble;
use crate::build;
use crate::error::BuildError;
use crate::golang;
use crate::layer::Contents;
use crate::loaded;
use crate::model::BuildRequest;
use crate::progress::ProgressSender;
use crate::pulled;
use crate::share::{self, NodeParts};
use crate::stack::{Base, Stack};
use crate::supply::{SupplyRequest, Wish, decide_for};

/// Maximum duration until a silent registry is reported.
const SILENCE: Duration = Duration::from_secs(10);

/// One declaration, one engine, an empty cache.
pub(super) struct Decisions<'a> {
    pub(super) engine: &'a Engine,
    pub(super) stack: &'a Stack,
    pub(super) build: BuildRequest,
}

impl Decisions<'_> {
    /// Every decision that follows from a registry that answers.
    pub(super) async fn answered(&self, registry: &Registry, folder: &Path) -> Result<Vec<String>, SelftestError> {
        let mirror = Wish::Mirror(registry.address().to_owned());
        let mut lines = Vec::new();
        let empty = format!("images: built from source: none of the images is there ({} answers)", registry.address());
        lines.push(self.expect(&mirror, |line| line == empty, "an empty registry supplies nothing").await?);

        let names = self.published();
        let (missing, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| self.is_left_out(name));
        self.push(registry, folder, &others).await?;
        let built = missing.clone();
        let matches = |line: &str| line.contains("images: pulled from") && built.iter().all(|name| line.contains(name));
        lines.push(self.expect(&mirror, matches, "a missing image is built, and named").await?);
        lines.push(self.build_one(folder).await?);

        self.push(registry, folder, &missing).await?;
        let matches = |line: &str| line.contains("; node on ") && !line.contains("cannot be had");
        lines.push(self.expect(&mirror, matches, "an image in the registry is pulled").await?);
        let matches = |line: &str| line == "images: built from source: --from-source";
        lines.push(self.expect(&Wish::FromSource, matches, "--from-source builds although a registry answers").await?);
        lines.push(self.refused(&mirror).await?);
        Ok(lines)
    }

    /// The decisions when the registry's address refuses connections, and when a server accepts and does not answer.
    pub(super) async fn gone(&self, address: &str) -> Result<Vec<String>, SelftestError> {
        let matches = |line: &str| line.starts_with("images: built from source: no registry answers (");
        let mut lines = Vec::new();
        let nobody = Wish::Mirror(address.to_owned());
        lines.push(self.expect(&nobody, matches, "without a registry everything is built").await?);
        let fail = |error: std::io::Error| SelftestError::Registry(error.to_string());
        let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fail)?;
        let silent = Wish::Mirror(mute.local_addr().map_err(fail)?.to_string());
        lines.push(self.expect(&silent, matches, "a silent registry is not waited for").await?);
        Ok(lines)
    }

    async fn expect(
        &self,
        wish: &Wish,
        is_right: impl Fn(&str) -> bool,
        expected: &'static str,
    ) -> Result<String, SelftestError> {
        let started = Instant::now();
        let line = self.decide(self.stack, wish).await?;
        let took = started.elapsed();
        if is_right(&line) && took < SILENCE {
            return Ok(format!("{line}  ({:.1} s)", took.as_secs_f32()));
        }
        Err(SelftestError::Unexpected { expected, found: format!("{line} after {} s", took.as_secs()) })
    }

    async fn decide(&self, stack: &Stack, wish: &Wish) -> Result<String, BuildError> {
        let request = SupplyRequest { build: self.build.clone(), wish: wish.clone() };
        decide_for(stack.clone(), &request, self.engine).await.map(|supply| supply.to_string())
    }

    /// A recorded digest that the registry lacks is an error.
    async fn refused(&self, mirror: &Wish) -> Result<String, SelftestError> {
        let mut stack = self.stack.clone();
        for upstream in stack.images.iter_mut().filter_map(|image| image.upstream.as_mut()).take(1) {
            WRONG.clone_into(&mut upstream.digest);
        }
        match self.decide(&stack, mirror).await {
            Err(error @ BuildError::WrongDigest { .. }) => Ok(format!("refused: {error}")),
            other => {
                let expected = "another digest than recorded is an error";
                Err(SelftestError::Unexpected { expected, found: other.unwrap_or_else(|error| error.to_string()) })
            }
        }
    }

    /// Builds only the image that the registry lacks.
    async fn build_one(&self, folder: &Path) -> Result<String, SelftestError> {
        if golang::version().is_none() {
            return Ok("NOT built: `go` is not on PATH".to_owned());
        }
        let mut stack = self.stack.clone();
        stack.node.files.clear();
        let is_missing = |reference: &str| self.is_left_out(reference);
        let stack = share::ours(stack, |image| is_missing(&image.reference()), NodeParts::Brought);
        let plan = share::plan(stack, &self.build)?;
        plan.cache.prepare()?;
        // No progress is shown: only the result is used.
        let (sender, _events) = mpsc::unbounded_channel();
        let built = build::components(&plan, &ProgressSender(sender)).await?;
        let images = assemble::images(&plan.stack, &plan.sources.stack, &built, &plan.cache)?;
        let components: Vec<&str> = plan.components().map(|(component, _)| component.id.as_str()).collect();
        match images.as_slice() {
            [image] if image.size() > 0 && components.len() == 1 => {
                Ok(format!("built {} from {}, {} kB", image.reference, components.join(", "), image.size() / 1000))
            }
            _ => {
                let expected = "the missing image is built, from its component alone";
                let found = format!("{} images of {} in {}", images.len(), components.join(", "), folder.display());
                Err(SelftestError::Unexpected { expected, found })
            }
        }
    }

    /// Whether an image is omitted at first: one without a base, so that it builds in seconds, and the node image.
    fn is_left_out(&self, name: &str) -> bool {
        let mut images = self.stack.images.iter().filter(|image| image.base == Base::Empty);
        images.any(|image| image.reference() == name)
            || self.stack.node.upstream.as_ref().is_some_and(|node| node.name == name)
    }

    fn published(&self) -> Vec<String> {
        let images = self.stack.images.iter().filter_map(|image| image.upstream.as_ref());
        images.chain(&self.stack.node.upstream).map(|upstream| upstream.name.clone()).collect()
    }

    async fn push(&self, registry: &Registry, folder: &Path, names: &[String]) -> Result<(), BuildError> {
        let mut contents = Contents::default();
        contents.bytes("small", "small", 0o644);
        let layer = contents.write(&folder.join("small"))?;
        let image = |name: &String| {
            let reference = format!("{}/{name}", registry.address());
            Built::new(reference, &Start::default(), vec![layer.clone()])
        };
        let images: Vec<Built> = names.iter().map(image).collect();
        loaded::load(self.engine, images.clone()).await?;
        for image in &images {
            self.engine.push_image(pulled::named(&image.reference)).await?;
            self.engine.remove_image(&image.reference).await?;
        }
        Ok(())
    }
}
