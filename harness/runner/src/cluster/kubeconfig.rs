//! The kubeconfig of a cluster of the harness, with the names that kind uses, in a separate file.
//!
//! This module never touches the user's kubeconfig.

use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Renames the cluster, the user and the context of `admin.conf` to `kind-<cluster>`, and sets the server to
/// `https://<address>:6443`.
pub(super) fn rename(admin: &str, cluster: &str, address: &str) -> String {
    admin
        .replace("kubernetes-admin@", "kind-")
        .lines()
        .map(|line| match line.trim_start() {
            text if text.starts_with("server:") => format!("{}server: https://{address}:6443", indent(line)),
            text if text.starts_with("user: kubernetes-admin") => format!("{}user: kind-{cluster}", indent(line)),
            text if text.starts_with("- name: kubernetes-admin") => format!("{}- name: kind-{cluster}", indent(line)),
            text if text == format!("cluster: {cluster}") => format!("{}cluster: kind-{cluster}", indent(line)),
            text if text == format!("name: {cluster}") => format!("{}name: kind-{cluster}", indent(line)),
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
        + "\n"
}

/// Writes the file, readable by its owner only: it holds a client key of the cluster's administrator.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(path.to_owned())
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: AAAA
    server: https://proto:6443
  name: proto
contexts:
- context:
    cluster: proto
    user: kubernetes-admin
  name: kubernetes-admin@proto
current-context: kubernetes-admin@proto
kind: Config
users:
- name: kubernetes-admin
  user:
    client-key-data: BBBB
";

    #[test]
    fn names_are_kinds_and_the_server_is_the_address() {
        let renamed = rename(ADMIN, "proto", "10.1.1.2");
        let config: serde_json::Value = serde_saphyr::from_str(&renamed).unwrap();
        assert_eq!(config["clusters"][0]["name"], "kind-proto");
        assert_eq!(config["clusters"][0]["cluster"]["server"], "https://10.1.1.2:6443");
        assert_eq!(config["contexts"][0]["name"], "kind-proto");
        assert_eq!(config["contexts"][0]["context"]["cluster"], "kind-proto");
        assert_eq!(config["contexts"][0]["context"]["user"], "kind-proto");
        assert_eq!(config["current-context"], "kind-proto");
        assert_eq!(config["users"][0]["name"], "kind-proto");
    }

    #[test]
    fn only_the_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = write(&directory.path().join("deep/kubeconfig"), "x").unwrap();
        write(&path, "y").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "y");
    }
}
