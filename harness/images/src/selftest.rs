//! Tests the path from a registry into a node, with a local registry on loopback.
//!
//! Pushes two small images, pulls them by digest through the engine and imports them into a containerd; a wrong digest
//! must be refused. Then tests every decision between pulling and building, see `decisions`. Skipped, with a reason in
//! the result, where the engine or Debian's `docker-registry` is missing.

mod decisions;
mod registry;

use std::path::Path;

use mtls_engine::Engine;

use super::archive::{Built, Start};
use super::error::BuildError;
use super::layer::Contents;
use super::loaded;
use super::model::BuildRequest;
use super::node;
use super::plan::Plan;
use super::preload::{self, ImageSet};
use super::pulled::{self, Pulled};
use super::record;
use super::stack::{Base, Image, Upstream};
use decisions::Decisions;
use registry::Registry;

/// The upstream name of the images; no such host exists.
const UPSTREAM: &str = "registry.example/mtls-e2e-selftest";
/// The name of the images for pods.
const LOCAL: &str = "localhost/mtls-e2e-selftest";
/// A digest that no image has.
const WRONG: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

/// The result of the selftest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every step passed; one line each.
    Held(Vec<String>),
    /// Nothing was tested, for this reason.
    Skipped(String),
}

/// The reason why the selftest failed.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// A step that must succeed failed.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The registry did not start.
    #[error("start a local registry: {0}")]
    Registry(String),
    /// A step that must fail succeeded, or had another result.
    #[error("{expected}; found: {found}")]
    Unexpected {
        /// The expected result.
        expected: &'static str,
        /// The observed result.
        found: String,
    },
}

/// Runs the selftest. Leaves nothing in the engine.
///
/// # Errors
///
/// The step that did not have the expected result.
pub async fn selftest(request: &BuildRequest) -> Result<Proof, SelftestError> {
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(error) => return Ok(Proof::Skipped(error.to_string())),
    };
    let plan = Plan::new(request)?;
    plan.cache.prepare()?;
    let Some(registry) = Registry::start(&plan.cache.root().join("work/selftest-registry")).await? else {
        return Ok(Proof::Skipped(format!("`{}` is not installed (Debian package of that name)", registry::PROGRAM)));
    };
    let folder = registry.folder().to_owned();
    let cache = folder.join("cache");
    let decisions = Decisions { engine: &engine, stack: &plan.stack, build: BuildRequest { cache, ..request.clone() } };
    let done = async {
        let mut lines = prove(&engine, &plan, &registry, &folder).await?;
        lines.extend(decisions.answered(&registry, &folder).await?);
        Ok::<_, SelftestError>(lines)
    }
    .await;
    for name in ["one", "two"] {
        loaded::forget(&engine, &format!("{LOCAL}/{name}"), &[]).await;
        loaded::forget(&engine, &format!("{}/{UPSTREAM}/{name}", registry.address()), &[]).await;
    }
    let address = registry.address().to_owned();
    registry.stop().await;
    let mut lines = done?;
    lines.extend(decisions.gone(&address).await?);
    Ok(Proof::Held(lines))
}

async fn prove(engine: &Engine, plan: &Plan, registry: &Registry, folder: &Path) -> Result<Vec<String>, SelftestError> {
    let mut proved = Vec::new();
    let images = images(registry.address(), folder)?;
    loaded::load(engine, images.clone()).await?;
    for image in &images {
        engine.push_image(pulled::named(&image.reference)).await.map_err(BuildError::from)?;
        engine.remove_image(&image.reference).await.map_err(BuildError::from)?;
    }
    proved.push(format!("pushed {} images to {}", images.len(), registry.address()));

    let mirror = Some(registry.address());
    let mut pulled = Vec::new();
    for (name, image) in ["one", "two"].iter().zip(&images) {
        let found = fetch(engine, name, "", mirror).await?;
        if found.id != image.id() {
            let expected = "the pulled image is the one that was pushed";
            return Err(SelftestError::Unexpected { expected, found: found.id });
        }
        fetch(engine, name, &found.offer.digest, mirror).await?;
        proved.push(format!("pulled {UPSTREAM}/{name}:1 through the mirror as {}", found.offer.digest));
        pulled.push(found);
    }
    proved.push(refuse(engine, mirror, &pulled[0].offer.digest).await?);
    proved.push(remember(folder, &pulled)?);
    proved.push(preloaded(engine, plan, folder, &pulled).await?);
    Ok(proved)
}

async fn fetch(engine: &Engine, name: &str, digest: &str, mirror: Option<&str>) -> Result<Pulled, BuildError> {
    let upstream = Upstream { name: format!("{UPSTREAM}/{name}:1"), digest: digest.to_owned() };
    let image = Image {
        name: format!("{LOCAL}/{name}"),
        tag: "1".to_owned(),
        base: Base::Empty,
        files: Vec::new(),
        directories: Vec::new(),
        entrypoint: Vec::new(),
        command: Vec::new(),
        user: String::new(),
        workdir: String::new(),
        environment: std::collections::BTreeMap::new(),
        upstream: Some(upstream.clone()),
    };
    let offer = pulled::offer(engine, &upstream, mirror).await?;
    pulled::bring(engine, &image, offer).await
}

async fn refuse(engine: &Engine, mirror: Option<&str>, right: &str) -> Result<String, SelftestError> {
    match fetch(engine, "one", WRONG, mirror).await {
        Err(BuildError::WrongDigest { recorded, found, .. }) if recorded == WRONG && found == right => {
            Ok(format!("refused {WRONG}"))
        }
        other => {
            let expected = "a wrong digest is refused, and the error names both";
            let found = other.map_or_else(|error| error.to_string(), |image| format!("pulled {}", image.id));
            Err(SelftestError::Unexpected { expected, found })
        }
    }
}

fn remember(folder: &Path, pulled: &[Pulled]) -> Result<String, SelftestError> {
    let file = folder.join("stack.yaml");
    let names = [format!("{UPSTREAM}/one:1"), format!("{UPSTREAM}/two:1")];
    let text = names.each_ref().map(|name| format!("upstream: {{name: \"{name}\", digest: \"\"}}")).join("\n");
    std::fs::write(&file, text).map_err(BuildError::file("write a declaration"))?;
    let found = names.iter().map(String::as_str).zip(pulled.iter().map(|image| image.offer.digest.as_str()));
    record::digests(&file, found)?;
    let text = std::fs::read_to_string(&file).map_err(BuildError::file("read the declaration"))?;
    if pulled.iter().all(|image| text.contains(&image.offer.digest)) {
        return Ok("recorded both digests".to_owned());
    }
    Err(SelftestError::Unexpected { expected: "both digests are recorded", found: text })
}

async fn preloaded(engine: &Engine, plan: &Plan, folder: &Path, pulled: &[Pulled]) -> Result<String, SelftestError> {
    let Some(builder) = plan.cached().and_then(|built| node::builder(plan, &built).ok()) else {
        return Ok(
            "NOT preloaded: the node's root file system is not in the cache, run `images build` first".to_owned()
        );
    };
    if !engine.has_image(&builder.reference).await.map_err(BuildError::from)? {
        loaded::load(engine, vec![builder.clone()]).await?;
    }
    let names = pulled.iter().map(|image| image.name.clone()).collect();
    let set = ImageSet { built: Vec::new(), pulled: names };
    let layer = preload::preload(engine, &builder.reference, &set, &folder.join("preloaded.tar")).await?;
    Ok(format!("preloaded both into a containerd, {} kB", layer.size / 1000))
}

/// Two images with a layer in common.
fn images(registry: &str, folder: &Path) -> Result<Vec<Built>, BuildError> {
    let layer = |name: &str| {
        let mut contents = Contents::default();
        contents.bytes(name, name, 0o644);
        contents.write(&folder.join(name))
    };
    let shared = layer("shared")?;
    ["one", "two"]
        .map(|name| {
            let reference = format!("{registry}/{UPSTREAM}/{name}:1");
            Ok(Built::new(reference, &Start::default(), vec![shared.clone(), layer(name)?]))
        })
        .into_iter()
        .collect()
}
