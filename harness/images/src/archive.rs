//! Writes docker-archives: the format that `docker load`, `ctr images import` and `kind load image-archive` all read.
//!
//! Input: images as configuration and layers. Output: one tar that contains every layer once, however many images
//! share it.
//!
//! Not an OCI layout: Docker Engine 20.10 does not load those.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::layer::EPOCH;
use super::layer::Layer;

/// The creation date in every configuration: [`EPOCH`] as text.
const CREATED: &str = "2026-01-01T00:00:00Z";
/// The search path for programs.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image that is ready to be written.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Built {
    /// Name and tag.
    pub(super) reference: String,
    /// The configuration's JSON text.
    pub(super) config: String,
    /// From bottom to top.
    pub(super) layers: Vec<Layer>,
}

/// How an image is started.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    pub(super) entrypoint: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) user: String,
    pub(super) workdir: String,
    pub(super) environment: Vec<String>,
    pub(super) stop_signal: Option<String>,
    pub(super) volumes: Vec<String>,
    pub(super) labels: BTreeMap<String, String>,
}

impl Built {
    /// Assembles an image.
    pub(super) fn new(reference: String, start: &Start, layers: Vec<Layer>) -> Self {
        let config = configuration(start, &layers).to_string();
        Self { reference, config, layers }
    }

    /// The configuration's digest, which engines use as the image id.
    pub(super) fn id(&self) -> String {
        format!("sha256:{}", self.config_hash())
    }

    /// The total size of the layers, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// Whether every layer file still exists.
    pub(super) fn is_whole(&self) -> bool {
        self.layers.iter().all(|layer| layer.path.is_file())
    }

    /// The cache entries that contain its layers.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        let entries = self.layers.iter().filter_map(|layer| layer.path.parent()?.file_name());
        entries.map(|name| name.to_string_lossy().into_owned())
    }

    fn config_hash(&self) -> String {
        hex::encode(Sha256::digest(self.config.as_bytes()))
    }
}

/// Writes images into one archive.
pub(super) fn write(images: &[Built], out: impl Write) -> io::Result<()> {
    let mut builder = tar::Builder::new(out);
    let mut written = BTreeSet::new();
    for image in images {
        for layer in &image.layers {
            if written.insert(layer.sha256.clone()) {
                let file = File::open(&layer.path)?;
                entry(&mut builder, &layer_name(layer), layer.size, file)?;
            }
        }
        let hash = image.config_hash();
        let config = image.config.as_bytes();
        let name = format!("{hash}.json");
        if written.insert(hash) {
            entry(&mut builder, &name, config.len() as u64, config)?;
        }
    }
    let manifest = manifest(images).to_string();
    let bytes = manifest.as_bytes();
    entry(&mut builder, "manifest.json", bytes.len() as u64, bytes)?;
    builder.into_inner()?.flush()
}

fn manifest(images: &[Built]) -> serde_json::Value {
    images
        .iter()
        .map(|image| {
            let layers: Vec<String> = image.layers.iter().map(layer_name).collect();
            serde_json::json!({
                "Config": format!("{}.json", image.config_hash()),
                "RepoTags": [image.reference],
                "Layers": layers,
            })
        })
        .collect()
}

fn layer_name(layer: &Layer) -> String {
    format!("{}/layer.tar", layer.sha256)
}

fn configuration(start: &Start, layers: &[Layer]) -> serde_json::Value {
    let environment: Vec<&str> = std::iter::once(PATH).chain(start.environment.iter().map(String::as_str)).collect();
    let mut config = serde_json::json!({
        "Cmd": start.command,
        "Entrypoint": start.entrypoint,
        "Env": environment,
        "Labels": start.labels,
        "User": start.user,
        "WorkingDir": start.workdir,
    });
    if let Some(signal) = &start.stop_signal {
        config["StopSignal"] = signal.as_str().into();
    }
    if !start.volumes.is_empty() {
        let volumes: BTreeMap<&str, serde_json::Value> =
            start.volumes.iter().map(|path| (path.as_str(), serde_json::json!({}))).collect();
        config["Volumes"] = serde_json::json!(volumes);
    }
    let diff_ids: Vec<String> = layers.iter().map(|layer| format!("sha256:{}", layer.sha256)).collect();
    let history: Vec<serde_json::Value> =
        layers.iter().map(|_| serde_json::json!({"created": CREATED, "created_by": "mtls-e2e images build"})).collect();
    serde_json::json!({
        "architecture": architecture(),
        "config": config,
        "created": CREATED,
        "history": history,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
}

/// This machine's architecture, as image configurations spell it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn entry(builder: &mut tar::Builder<impl Write>, name: &str, size: u64, content: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_mtime(EPOCH);
    header.set_size(size);
    builder.append_data(&mut header, name, content)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::layer::Contents;

    #[test]
    fn an_archive_reads_back_as_it_was_described() {
        let folder = tempfile::tempdir().unwrap();
        let images = two_images(folder.path());
        let files = read_back(&images);
        let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        assert_eq!(manifest.as_array().unwrap().len(), 2);
        for (described, image) in manifest.as_array().unwrap().iter().zip(&images) {
            assert_eq!(described["RepoTags"][0], image.reference.as_str());
            let config = &files[described["Config"].as_str().unwrap()];
            assert_eq!(image.id(), format!("sha256:{}", hex::encode(Sha256::digest(config))));
            let config: serde_json::Value = serde_json::from_slice(config).unwrap();
            let layers = described["Layers"].as_array().unwrap();
            for (layer, diff_id) in layers.iter().zip(config["rootfs"]["diff_ids"].as_array().unwrap()) {
                let content = &files[layer.as_str().unwrap()];
                assert_eq!(diff_id.as_str().unwrap(), format!("sha256:{}", hex::encode(Sha256::digest(content))));
            }
            assert_eq!(config["config"]["User"], "1000");
            assert_eq!(config["config"]["StopSignal"], "SIGTERM");
            assert!(config["config"]["Volumes"]["/var"].is_object());
        }
    }

    #[test]
    fn a_shared_layer_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let images = two_images(folder.path());
        let layers = read_back(&images).keys().filter(|name| name.ends_with("layer.tar")).count();
        assert_eq!(layers, 3, "one shared, one for each image");
    }

    #[test]
    fn the_same_images_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let images = two_images(folder.path());
        let (mut first, mut second) = (Vec::new(), Vec::new());
        write(&images, &mut first).unwrap();
        write(&two_images(folder.path()), &mut second).unwrap();
        assert_eq!(first, second);
    }

    fn two_images(folder: &Path) -> Vec<Built> {
        let layer = |name: &str| {
            let mut contents = Contents::default();
            contents.bytes(&format!("usr/bin/{name}"), name, 0o755);
            contents.write(&folder.join(name)).unwrap()
        };
        let start = Start {
            user: "1000".to_owned(),
            stop_signal: Some("SIGTERM".to_owned()),
            volumes: vec!["/var".to_owned()],
            ..Start::default()
        };
        let base = layer("base");
        ["one", "two"]
            .map(|name| {
                let layers = vec![base.clone(), layer(name)];
                Built::new(format!("example.test/{name}:1"), &start, layers)
            })
            .to_vec()
    }

    fn read_back(images: &[Built]) -> BTreeMap<String, Vec<u8>> {
        let mut bytes = Vec::new();
        write(images, &mut bytes).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut files = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            assert!(files.insert(name, content).is_none(), "a name occurs once");
        }
        files
    }
}
