//! Adds a cluster of the harness to the user's kubeconfig, and removes it. Only on request of the user.
//!
//! Other entries of the file are kept. The file is replaced atomically and is readable by its owner only.

use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use kube::config::{Kubeconfig, KubeconfigError};

#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("kubeconfig {path} is not usable")]
    Read {
        path: PathBuf,
        #[source]
        source: Box<KubeconfigError>,
    },
    #[error("the kubeconfig cannot be serialized: {0}")]
    Spell(String),
    #[error("kubeconfig {path} cannot be replaced")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Merges the kubeconfig `ours` into the file `user` and makes its context current. A missing file is created.
///
/// # Errors
///
/// When either file cannot be read, or `user` cannot be replaced; `user` is unchanged then.
pub fn merge_kubeconfig(user: &Path, ours: &Path) -> Result<(), MergeError> {
    let ours = read(ours)?;
    let before = if user.exists() { read(user)? } else { Kubeconfig::default() };
    let context = ours.current_context.clone();
    let others = without(before, context.as_deref().unwrap_or_default());
    let mut merged = others.merge(ours).map_err(|source| unusable(user, source))?;
    merged.current_context = context;
    write(user, &merged)
}

/// Removes the context `name` with its cluster and its user from the file `user`, and unsets the current context if it
/// is that one.
///
/// # Errors
///
/// As for [`merge_kubeconfig`]. A missing file or context is not an error.
pub fn unmerge_kubeconfig(user: &Path, name: &str) -> Result<(), MergeError> {
    if !user.exists() {
        return Ok(());
    }
    let before = read(user)?;
    if !before.contexts.iter().any(|context| context.name == name) {
        return Ok(());
    }
    write(user, &without(before, name))
}

/// Removes the cluster, the user and the context `name`: kind gives all three the same name.
fn without(mut config: Kubeconfig, name: &str) -> Kubeconfig {
    config.clusters.retain(|cluster| cluster.name != name);
    config.contexts.retain(|context| context.name != name);
    config.auth_infos.retain(|user| user.name != name);
    config.current_context = config.current_context.filter(|current| current != name);
    config
}

fn read(path: &Path) -> Result<Kubeconfig, MergeError> {
    Kubeconfig::read_from(path).map_err(|source| unusable(path, source))
}

fn unusable(path: &Path, source: KubeconfigError) -> MergeError {
    MergeError::Read { path: path.to_owned(), source: Box::new(source) }
}

fn write(path: &Path, config: &Kubeconfig) -> Result<(), MergeError> {
    // People read this file, so it is YAML and not JSON. kube's type serializes secrets in clear text.
    let text = serde_saphyr::to_string(config).map_err(|error| MergeError::Spell(error.to_string()))?;
    let failed = |source| MergeError::Write { path: path.to_owned(), source };
    let beside = path.with_extension("mtls-e2e-new");
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "apiVersion: v1\nkind: Config\ncurrent-context: kind-a\nclusters:\n- name: kind-a\n  cluster: {server: 'https://10.1.1.2:6443'}\ncontexts:\n- name: kind-a\n  context: {cluster: kind-a, user: kind-a}\nusers:\n- name: kind-a\n  user: {client-key-data: QUJD}\n";
    const THEIRS: &str = "apiVersion: v1\nkind: Config\ncurrent-context: work\nclusters:\n- name: work\n  cluster: {server: 'https://work'}\ncontexts:\n- name: work\n  context: {cluster: work, user: me}\nusers:\n- name: me\n  user: {token: t}\n";

    #[test]
    fn merge_twice_and_unmerge_keep_the_other_entries() {
        let directory = tempfile::tempdir().unwrap();
        let (user, ours) = (directory.path().join("config"), directory.path().join("ours"));
        std::fs::write(&user, THEIRS).unwrap();
        std::fs::write(&ours, OURS).unwrap();
        merge_kubeconfig(&user, &ours).unwrap();
        merge_kubeconfig(&user, &ours).unwrap();
        let merged = read(&user).unwrap();
        assert_eq!(merged.current_context.as_deref(), Some("kind-a"));
        assert_eq!(merged.clusters.iter().map(|cluster| cluster.name.as_str()).collect::<Vec<_>>(), ["work", "kind-a"]);
        assert!(std::fs::read_to_string(&user).unwrap().contains("QUJD"), "the key must survive");
        unmerge_kubeconfig(&user, "kind-a").unwrap();
        let left = read(&user).unwrap();
        assert_eq!(left.contexts.len(), 1);
        assert_eq!(left.current_context, None);
        assert!(std::fs::read_to_string(&user).unwrap().contains("token: t"));
    }

    #[test]
    fn a_missing_file_is_created() {
        let directory = tempfile::tempdir().unwrap();
        let (user, ours) = (directory.path().join("deep/config"), directory.path().join("ours"));
        std::fs::write(&ours, OURS).unwrap();
        unmerge_kubeconfig(&user, "kind-a").unwrap();
        merge_kubeconfig(&user, &ours).unwrap();
        assert_eq!(read(&user).unwrap().contexts.len(), 1);
    }
}
