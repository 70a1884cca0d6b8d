//! Assembles images from the outputs of components.
//!
//! The files of an image form one layer, cached under the hash of its contents; all images share one Debian base
//! layer.

use std::collections::BTreeMap;
use std::path::Path;

use super::archive::{Built, Start};
use super::cache::{Cache, CacheEntry, Key};
use super::error::BuildError;
use super::layer::{Contents, Layer};
use super::output::Facts;
use super::stack::{Base, Image, Placed, Stack};

/// The layer's file in its cache entry.
const LAYER: &str = "layer.tar";

/// The outputs of components, with their cache entries.
#[derive(Default)]
pub(super) struct BuiltArtifacts(BTreeMap<String, (CacheEntry, Facts)>);

impl BuiltArtifacts {
    pub(super) fn add(&mut self, component: &str, slot: CacheEntry, facts: Facts) {
        self.0.insert(component.to_owned(), (slot, facts));
    }

    /// The root file system of a component. Checking the declaration ensures that it is one.
    pub(super) fn rootfs(&self, component: &str) -> Option<Layer> {
        let (slot, facts) = self.0.get(component)?;
        let layer = facts.layer.clone()?;
        // The path was recorded while the entry still had its temporary name.
        let path = slot.directory().join(layer.path.file_name()?);
        Some(Layer { path, ..layer })
    }

    /// Adds a component's outputs at their target paths.
    pub(super) fn place(&self, files: &[Placed], contents: &mut Contents) {
        for placed in files {
            if let Some((slot, _)) = self.0.get(&placed.component) {
                let mode = mode(&placed.path);
                let from = slot.directory().join(&placed.output);
                contents.file(&placed.path, &from, mode);
            }
        }
    }

    /// Adds the content hashes of the files to a key.
    pub(super) fn identify(&self, files: &[Placed], key: &mut Key) {
        for placed in files {
            let hash = self.0.get(&placed.component).and_then(|(_, facts)| {
                let output = facts.outputs.iter().find(|one| one.name == placed.output)?;
                Some(output.sha256.as_str())
            });
            key.text(&placed.path, hash.unwrap_or_default());
        }
    }
}

/// Every image of the stack, in the order of the declaration.
pub(super) fn images(
    stack: &Stack,
    directory: &Path,
    built: &BuiltArtifacts,
    cache: &Cache,
) -> Result<Vec<Built>, BuildError> {
    let accounts = accounts(directory, cache)?;
    stack
        .images
        .iter()
        .map(|image| {
            let mut layers = match image.base {
                Base::Debian => built.rootfs(super::stack::BASE_ROOTFS).into_iter().collect(),
                Base::Empty => Vec::new(),
                Base::Static => vec![accounts.clone()],
            };
            layers.push(own_layer(image, built, cache)?);
            Ok(Built::new(image.reference(), &start(image), layers))
        })
        .collect()
}

fn start(image: &Image) -> Start {
    Start {
        entrypoint: image.entrypoint.clone(),
        command: image.command.clone(),
        user: image.user.clone(),
        workdir: image.workdir.clone(),
        environment: image.environment.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        ..Start::default()
    }
}

/// The layer below static programs: accounts and `/tmp`.
fn accounts(directory: &Path, cache: &Cache) -> Result<Layer, BuildError> {
    let tree = directory.join("static");
    let mut key = Key::new("static-base");
    key.tree(&tree)?;
    kept(&cache.slot("layers", &key.finish()), |contents| {
        contents.directory("tmp", 0o1777, 0);
        contents.tree(&tree)
    })
}

fn own_layer(image: &Image, built: &BuiltArtifacts, cache: &Cache) -> Result<Layer, BuildError> {
    let mut key = Key::new("image-layer");
    key.declaration(&image.files).declaration(&image.directories);
    built.identify(&image.files, &mut key);
    kept(&cache.slot("layers", &key.finish()), |contents| {
        built.place(&image.files, contents);
        for directory in &image.directories {
            let mode = u32::from_str_radix(&directory.mode, 8).map_err(|_| BuildError::Content {
                component: image.name.clone(),
                problem: format!("mode `{}` is not octal", directory.mode),
                fix: "write it like \"0755\" in stack.yaml".to_owned(),
            })?;
            contents.directory(&directory.path, mode, directory.owner);
        }
        Ok(())
    })
}

/// The layer in a cache entry, written first if it is missing.
pub(super) fn kept(
    slot: &CacheEntry,
    fill: impl FnOnce(&mut Contents) -> Result<(), BuildError>,
) -> Result<Layer, BuildError> {
    if let Some(layer) = slot.facts::<Layer>() {
        return Ok(layer);
    }
    let workspace = slot.workspace()?;
    let mut contents = Contents::default();
    fill(&mut contents)?;
    let written = contents.write(&workspace.join(LAYER))?;
    let layer = Layer { path: slot.directory().join(LAYER), ..written };
    slot.keep(&workspace, &layer)?;
    Ok(layer)
}

/// Programs are executable; every other placed file has an extension.
fn mode(path: &str) -> u32 {
    let data = Path::new(path)
        .extension()
        .is_some_and(|ending| ["json", "tmpl", "yml", "yaml"].iter().any(|known| ending == *known));
    if data { 0o644 } else { 0o755 }
}
