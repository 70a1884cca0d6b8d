//! Renders the kustomize trees inside the node, with the node's own `kubectl`.
//!
//! So the host needs only an engine, and the result is what `kubectl apply -k` would apply.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{ManifestError, documents};

use super::sources::Sources;
use crate::cluster::{Engine, EngineError};

/// Trees that have been copied into a node.
#[derive(Clone, Debug)]
pub struct Trees {
    engine: Engine,
    node: String,
}

/// Why a tree could not be copied or rendered.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("read the infrastructure tree {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} has no kustomization.yaml")]
    NoKustomization { path: PathBuf },
    #[error("kustomize {tree}")]
    Render {
        tree: String,
        #[source]
        source: EngineError,
    },
    #[error("the rendered tree {tree} is not usable")]
    Manifest {
        tree: String,
        #[source]
        source: ManifestError,
    },
}

/// Their folder in the node.
pub(super) const PLACE: &str = "/kind/infra";

impl Trees {
    /// Copies the project's trees (`platform/`, `mtls/`, `lab/`) into the node.
    ///
    /// # Errors
    ///
    /// When a tree cannot be read or the copy fails.
    pub async fn copy(engine: &Engine, node: &str, sources: &Sources) -> Result<Self, TreeError> {
        let pack = || -> Result<Vec<u8>, TreeError> {
            let mut archive = tar::Builder::new(Vec::new());
            let mtls = sources.system();
            if !mtls.join("kustomization.yaml").is_file() {
                return Err(TreeError::NoKustomization { path: mtls });
            }
            // Files that are packed later replace earlier ones.
            for (name, folder) in sources.folders() {
                append(&mut archive, name, &folder)?;
            }
            archive.into_inner().map_err(|source| TreeError::Read { path: mtls, source })
        };
        let bytes = pack()?;
        let failed = |source| TreeError::Render { tree: "copy into the node".to_owned(), source };
        engine.must(node, &["mkdir", "-p", PLACE], &[], Duration::from_secs(10)).await.map_err(failed)?;
        engine.must(node, &["tar", "-x", "-C", PLACE], &bytes, Duration::from_secs(60)).await.map_err(failed)?;
        Ok(Self { engine: engine.clone(), node: node.to_owned() })
    }

    /// Trees that an earlier command copied into the node.
    pub fn in_node(engine: &Engine, node: &str) -> Self {
        Self { engine: engine.clone(), node: node.to_owned() }
    }

    /// Runs a program in the folder of the trees, and returns its output.
    ///
    /// # Errors
    ///
    /// When it fails or exceeds the timeout.
    pub(super) async fn beside(&self, command: &[&str], limit: Duration) -> Result<Vec<u8>, EngineError> {
        self.engine.must(&self.node, command, &[], limit).await
    }

    /// The objects of `platform`, `mtls`, `lab`, or a folder below them.
    ///
    /// # Errors
    ///
    /// kustomize's own message when the tree does not render.
    pub async fn render(&self, tree: &str) -> Result<Vec<DynamicObject>, TreeError> {
        let place = format!("{PLACE}/{tree}");
        let rendered =
            self.engine.must(&self.node, &["kubectl", "kustomize", &place], &[], Duration::from_secs(60)).await;
        let rendered = rendered.map_err(|source| TreeError::Render { tree: tree.to_owned(), source })?;
        documents(&String::from_utf8_lossy(&rendered))
            .map_err(|source| TreeError::Manifest { tree: tree.to_owned(), source })
    }
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, tree: &Path) -> Result<(), TreeError> {
    archive.follow_symlinks(true);
    archive.append_dir_all(name, tree).map_err(|source| TreeError::Read { path: tree.to_owned(), source })
}
