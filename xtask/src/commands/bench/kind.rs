//! Runs the original kind, as its users call it.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use harness::cluster::Engine;
use mtls_images::Stack;
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::Took;
use crate::paths;

/// The cluster that is measured.
const NAME: &str = "bench-kind";
/// Timeout of kind's wait for the node, and of DNS after that.
const WAIT: Duration = Duration::from_secs(120);
/// Settings that small cgroup v1 machines need and kind does not set; harmless elsewhere.
const CONFIG: &str = "\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  failCgroupV1: false
  maxOpenFiles: 20000
- |
  kind: KubeProxyConfiguration
  conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
";

/// A kind program that runs.
pub(super) struct Kind {
    program: PathBuf,
    kubeconfig: PathBuf,
    config: String,
}

/// kind's configuration. Our node images contain other patch releases than their kubeadm defaults to, so it sets the
/// tags.
fn config(stack: Option<&Stack>) -> String {
    let Some(stack) = stack else { return CONFIG.to_owned() };
    let tags = stack.kubeadm_tags();
    let field = |component: &str| tags.get(component).map(|tag| format!("imageTag: {tag}")).unwrap_or_default();
    format!(
        "{CONFIG}- |\n  kind: ClusterConfiguration\n  dns: {{{}}}\n  etcd: {{local: {{{}}}}}\n",
        field("dns"),
        field("etcd")
    )
}

impl Kind {
    /// The given program, or the one on PATH; otherwise the error. `stack` describes the node image, if it is one of
    /// ours.
    pub(super) fn find(named: Option<&Path>, stack: Option<&Stack>) -> Result<Self, String> {
        let program = named.unwrap_or(Path::new("kind")).to_owned();
        let answer = std::process::Command::new(&program).arg("version").output();
        match answer {
            Ok(output) if output.status.success() => {
                say!("kind   {}", String::from_utf8_lossy(&output.stdout).trim());
                Ok(Self { program, kubeconfig: paths::kubeconfig(NAME), config: config(stack) })
            }
            Ok(output) => Err(format!("`{} version` ended with {}", program.display(), output.status)),
            Err(error) => Err(format!("`{}`: {error}; name it with --kind", program.display())),
        }
    }

    /// Creates a cluster, measures the times, removes it.
    pub(super) async fn time(&self, engine: &Engine, image: &str) -> Result<Took, String> {
        self.remove().await;
        let started = Instant::now();
        let output = self.create(image).await.map_err(|error| error.to_string())?;
        let created = started.elapsed();
        if !output.status.success() {
            self.remove().await;
            return Err(cause(&String::from_utf8_lossy(&output.stderr)));
        }
        let served = dns(engine).await;
        let serving = started.elapsed();
        self.remove().await;
        served.map(|()| Took { created, serving })
    }

    async fn create(&self, image: &str) -> std::io::Result<Output> {
        let wait = format!("{}s", WAIT.as_secs());
        let mut child = Command::new(&self.program)
            .args(["create", "cluster", "--name", NAME, "--image", image, "--wait", &wait, "--config", "-"])
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(self.config.as_bytes()).await?;
        }
        child.wait_with_output().await
    }

    /// Also removes a cluster that an earlier call left.
    pub(super) async fn remove(&self) {
        let mut delete = Command::new(&self.program);
        delete.args(["delete", "cluster", "--quiet", "--name", NAME, "--kubeconfig"]).arg(&self.kubeconfig);
        // If this fails, the next creation reports that the name is taken.
        let _ = delete.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

/// kind's wait ends with the node; a cluster is usable only once names resolve.
async fn dns(engine: &Engine) -> Result<(), String> {
    let node = format!("{NAME}-control-plane");
    let limit = format!("--timeout={}s", WAIT.as_secs());
    let command = [
        "kubectl",
        "--kubeconfig=/etc/kubernetes/admin.conf",
        "--namespace=kube-system",
        "wait",
        "--for=condition=Available",
        &limit,
        "deployment/coredns",
    ];
    engine.must(&node, &command, &[], WAIT).await.map(|_| ()).map_err(|error| error.to_string())
}

/// The most informative line: the engine's error if the engine refuses, else kind's last line.
fn cause(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let error = lines
        .iter()
        .find(|line| line.contains("unable to apply caps"))
        .or_else(|| lines.iter().find(|line| line.starts_with("ERROR")));
    let hint = if stderr.contains("unable to apply caps") {
        " (this host lacks a capability that --privileged asks for; an OCI runtime that leaves it out helps)"
    } else {
        ""
    };
    format!("{}{hint}", error.or(lines.last()).unwrap_or(&"it failed without a message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_the_engines_refusal_or_kinds_error() {
        let refused = "Creating cluster\nERROR: failed to create cluster: command failed\nCommand Output: docker: unable to apply caps: operation not permitted\nStack Trace\n";
        assert!(cause(refused).starts_with("Command Output: docker: unable to apply caps"), "{}", cause(refused));
        assert!(cause(refused).contains("OCI runtime"));
        assert_eq!(cause("x\nERROR: no such image\ny\n"), "ERROR: no such image");
        assert_eq!(cause(""), "it failed without a message");
    }

    #[test]
    fn kubeadm_is_told_the_tags_of_our_image_and_of_no_other() {
        let stack = Stack::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stack/stack.yaml")).unwrap();
        let text = config(Some(&stack));
        let (dns, etcd) = (stack.kubeadm_tags()["dns"], stack.kubeadm_tags()["etcd"]);
        assert!(text.starts_with(CONFIG), "{text}");
        let patch = format!(
            "- |\n  kind: ClusterConfiguration\n  dns: {{imageTag: {dns}}}\n  etcd: {{local: {{imageTag: {etcd}}}}}\n"
        );
        assert!(text.ends_with(&patch), "{text}");
        assert_eq!(config(None), CONFIG);
    }

    #[test]
    fn a_missing_kind_is_named() {
        let reason = Kind::find(Some(Path::new("/nowhere/kind")), None).err().unwrap();
        assert!(reason.contains("/nowhere/kind") && reason.contains("--kind"), "{reason}");
    }
}
