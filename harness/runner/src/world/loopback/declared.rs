//! Reads the policies that an infrastructure tree declares, without kubectl.
//!
//! It follows only `resources` of kustomization files. A tree that changes a policy in another way (patches,
//! namespaces, components) is refused, because the policies read here would differ from the applied ones.

use std::path::{Path, PathBuf};

use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::{ManifestError, documents};
use serde_json::Value;

use crate::stack::istio;

#[derive(Debug, thiserror::Error)]
pub enum DeclaredError {
    #[error("{path} cannot be read")]
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
        "{path} uses `{key}` on its way to {policy}, which only kustomize can apply; render the tree with \
         `kubectl kustomize` or use --env kind"
    )]
    Transformed { path: PathBuf, key: String, policy: String },
}

/// Keys of a kustomization that do not change the spec of a policy.
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

/// All policy objects of the kustomization `tree`.
///
/// # Errors
///
/// When a file cannot be read or parsed, or a kustomization with policies uses a key that may change them.
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
        let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/infra/mtls");
        let names: Vec<String> = policies(&tree).unwrap().into_iter().filter_map(|one| one.metadata.name).collect();
        assert!(names.contains(&"default-deny".to_owned()), "{names:?}");
        assert_eq!(names.iter().filter(|name| *name == "default").count(), 3, "{names:?}");
    }

    #[test]
    fn a_patched_policy_is_refused() {
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
