//! Puts components' outputs together to images.
//!
//! An image's own files are one layer, kept in the cache under the hash of what it holds; the Debian base below it is one
//! layer for all images.

use std::collections::BTreeMap;
use std::path::Path;

use super::archive::{Built, Start};
use super::cache::{Cache, CacheEntry, Key};
use super::error::BuildError;
use super::layer::{Contents, Layer};
use super::output::Facts;
use super::stack::{Base, Image, Placed, Stack};

/// A layer's file in its slot.
const LAYER: &str = "layer.tar";

/// What the components yielded, and where it lies.
#[derive(Default)]
pub(super) struct BuiltArtifacts(BTreeMap<String, (CacheEntry, Facts)>);

impl BuiltArtifacts {
    pub(super) fn add(&mut self, component: &str, slot: CacheEntry, facts: Facts) {
        self.0.insert(component.to_owned(), (slot, facts));
    }

    /// The root file system of a component, which the declaration's check has made sure is one.
    pub(super) fn rootfs(&self, component: &str) -> Option<Layer> {
        let (slot, facts) = self.0.get(component)?;
        let layer = facts.layer.clone()?;
        // The path was written while the entry still had its working name.
        let path = slot.directory().join(layer.path.file_name()?);
        Some(Layer { path, ..layer })
    }

    /// Puts a component's outputs at their places.
    pub(super) fn place(&self, files: &[Placed], contents: &mut Contents) {
        for placed in files {
            if let Some((slot, _)) = self.0.get(&placed.component) {
                let mode = mode(&placed.path);
                let from = slot.directory().join(&placed.output);
                contents.file(&placed.path, &from, mode);
            }
        }
    }

    /// Adds what the files hold to a key.
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

/// Every image of the stack, in the declaration's order.
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

/// The layer below static programs: accounts and a place for temporary files.
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

/// The layer in a slot, written first when it is not there.
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

/// Programs may be executed; what else is placed has an ending that says what it is.
fn mode(path: &str) -> u32 {
    let data = Path::new(path)
        .extension()
        .is_some_and(|ending| ["json", "tmpl", "yml", "yaml"].iter().any(|known| ending == *known));
    if data { 0o644 } else { 0o755 }
}
