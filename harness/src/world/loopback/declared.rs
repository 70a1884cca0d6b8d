//! The policies that an infrastructure tree declares, read without kubectl.
//!
//! Follows `resources` of kustomization files. Whatever else kustomize could do to a policy on its way (patches, namespaces,
//! components) is not done here: a tree that does so is refused, rather than examined as something it is not.

use std::path::{Path, PathBuf};

use kube::api::DynamicObject;
use serde_json::Value;

use crate::{
    kubernetes::{ManifestError, documents},
    stack::istio,
};

#[derive(Debug, thiserror::Error)]
pub enum DeclaredError {
    #[error("read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is not usable")]
    Manifest {
        path: PathBuf,
        #[source]
        source: ManifestError,
    },
    #[error("{path} is not YAML: {problem}")]
    Kustomization { path: PathBuf, problem: String },
    #[error(
        "{path} uses `{key}` on its way to {policy}, which only kustomize understands; render the tree with \
         `kubectl kustomize` or use --env kind"
    )]
    Transformed { path: PathBuf, key: String, policy: String },
}

/// What kustomize adds that changes nothing of what a policy says.
const HARMLESS: [&str; 10] = [
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "sortOptions",
    "labels",
    "commonAnnotations",
    "generatorOptions",
    "configMapGenerator",
    "secretGenerator",
];

/// Every policy object below `tree`.
///
/// # Errors
///
/// When a file cannot be read, or a policy is changed on its way by something other than `resources`.
pub fn policies(tree: &Path) -> Result<Vec<DynamicObject>, DeclaredError> {
    let file = tree.join("kustomization.yaml");
    let text = read(&file)?;
    let kustomization: Value = serde_saphyr::from_str(&text)
        .map_err(|error| DeclaredError::Kustomization { path: file.clone(), problem: error.to_string() })?;
    let mut found = Vec::new();
    for resource in kustomization["resources"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let path = tree.join(resource);
        if path.is_dir() {
            found.extend(policies(&path)?);
        } else {
            let objects =
                documents(&read(&path)?).map_err(|source| DeclaredError::Manifest { path: path.clone(), source })?;
            found.extend(objects.into_iter().filter(istio::is_policy));
        }
    }
    let others = kustomization.as_object().into_iter().flatten().map(|(key, _)| key);
    let transformer = others.into_iter().find(|key| !HARMLESS.contains(&key.as_str()));
    match (transformer, found.first()) {
        (Some(key), Some(policy)) => Err(DeclaredError::Transformed {
            path: file,
            key: key.clone(),
            policy: policy.metadata.name.clone().unwrap_or_default(),
        }),
        _ => Ok(found),
    }
}

fn read(path: &Path) -> Result<String, DeclaredError> {
    std::fs::read_to_string(path).map_err(|source| DeclaredError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_projects_own_tree_declares_its_policies() {
        let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/infra/mtls");
        let names: Vec<String> = policies(&tree).unwrap().into_iter().filter_map(|one| one.metadata.name).collect();
        assert!(names.contains(&"default-deny".to_owned()), "{names:?}");
        assert_eq!(names.iter().filter(|name| *name == "default").count(), 3, "{names:?}");
    }

    #[test]
    fn a_policy_that_is_patched_on_its_way_is_refused() {
        let tree = tempfile::tempdir().unwrap();
        let policy =
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: p, namespace: mesh}\n";
        fs::write(tree.path().join("p.yaml"), policy).unwrap();
        let kustomization = "resources: [p.yaml]\npatches: []\n";
        fs::write(tree.path().join("kustomization.yaml"), kustomization).unwrap();
        let error = policies(tree.path()).unwrap_err().to_string();
        assert!(error.contains("uses `patches` on its way to p"), "{error}");
    }
}
