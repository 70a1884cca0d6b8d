//! Renders the kubeadm configuration of a cluster for API v1beta4 (Kubernetes 1.31 and later; kind uses it from 1.36).
//!
//! Pure: no engine, no file. The settings come from kind `pkg/cluster/internal/kubeadm/config.go`; small hosts with
//! cgroup v1 need `failCgroupV1` and `maxOpenFiles` as well.

/// The values that differ between clusters and nodes.
#[derive(Clone, Debug)]
pub(super) struct KubeadmRequest<'a> {
    pub(super) cluster: &'a str,
    pub(super) node: &'a str,
    pub(super) address: &'a str,
    pub(super) control_plane_address: &'a str,
    /// The contents of `/kind/version` in the image, with the leading `v`.
    pub(super) version: &'a str,
    /// The contents of `/kind/kubeadm-images` in the image: lines `COMPONENT TAG`. Empty if the image has no such file.
    pub(super) images: &'a str,
}

/// A fixed bootstrap token: only nodes on the internal network can reach the API server while the token is valid.
const TOKEN: &str = "abcdef.0123456789abcdef";

/// The configuration for `kubeadm init`.
pub(super) fn init(request: &KubeadmRequest<'_>) -> String {
    let KubeadmRequest { cluster, node, address, version, .. } = request;
    let registration = registration(request);
    let shared = shared();
    let dns = image_tag(request, "dns").map(|tag| format!("dns: {{{tag}}}\n")).unwrap_or_default();
    let etcd = image_tag(request, "etcd").map(|tag| format!("    {tag}\n")).unwrap_or_default();
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: {version}
clusterName: {cluster}
controlPlaneEndpoint: {address}:6443
apiServer:
  certSANs: [localhost, 127.0.0.1, {address}, {node}]
controllerManager:
  extraArgs:
  - {{name: leader-elect, value: \"false\"}}
  - {{name: enable-hostpath-provisioner, value: \"true\"}}
scheduler:
  extraArgs:
  - {{name: leader-elect, value: \"false\"}}
{dns}etcd:
  local:
{etcd}    extraArgs:
    - {{name: unsafe-no-fsync, value: \"true\"}}
networking: {{podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/16}}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- token: {TOKEN}
localAPIEndpoint: {{advertiseAddress: {address}, bindPort: 6443}}
{registration}skipPhases: [preflight]
{shared}"
    )
}

/// The configuration for `kubeadm join` of a worker.
pub(super) fn join(request: &KubeadmRequest<'_>) -> String {
    let registration = registration(request);
    let shared = shared();
    let endpoint = request.control_plane_address;
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: {TOKEN}
    apiServerEndpoint: {endpoint}:6443
    unsafeSkipCAVerification: true
{registration}skipPhases: [preflight]
{shared}"
    )
}

/// The static CNI configuration of a node with the pod subnet `subnet`.
pub(super) fn conflist(subnet: &str, mtu: u16) -> String {
    format!(
        r#"{{"cniVersion": "0.3.1", "name": "kindnet", "plugins": [
  {{"type": "ptp", "ipMasq": false, "mtu": {mtu}, "ipam": {{
    "type": "host-local", "dataDir": "/run/cni-ipam-state",
    "routes": [{{"dst": "0.0.0.0/0"}}], "ranges": [[{{"subnet": "{subnet}"}}]]}}}},
  {{"type": "portmap", "capabilities": {{"portMappings": true}}}}]}}
"#
    )
}

/// The `imageTag` field of a component. `None` leaves the choice to kubeadm, for an image without the file.
fn image_tag(request: &KubeadmRequest<'_>, component: &str) -> Option<String> {
    let mut lines = request.images.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(name, _)| *name == component).map(|(_, tag)| format!("imageTag: {tag}"))
}

fn registration(request: &KubeadmRequest<'_>) -> String {
    let KubeadmRequest { cluster, node, address, .. } = request;
    format!(
        "nodeRegistration:
  name: {node}
  criSocket: unix:///run/containerd/containerd.sock
  taints: []
  kubeletExtraArgs:
  - {{name: node-ip, value: {address}}}
  - {{name: provider-id, value: \"kind://docker/{cluster}/{node}\"}}
"
    )
}

/// The kubelet and kube-proxy configuration. `syncFrequency` updates the volume of a changed Secret in seconds instead
/// of about a minute (requirements M9). The API does not serve a rotated log (10 MiB by default), which a ledger may
/// need, so `containerLogMaxSize` is larger.
fn shared() -> &'static str {
    r#"---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
failCgroupV1: false
failSwapOn: false
maxOpenFiles: 20000
syncFrequency: 5s
containerLogMaxSize: 64Mi
imageGCHighThresholdPercent: 100
evictionHard: {nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
"#
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_yaml_and_names_the_node() {
        let request = KubeadmRequest {
            cluster: "c",
            node: "c-worker",
            address: "10.1.1.3",
            control_plane_address: "10.1.1.2",
            version: "v1.36.5",
            images: "dns v1.14.3\netcd 3.6.9-0\n",
        };
        for (text, kinds) in [
            (
                init(&request),
                vec!["ClusterConfiguration", "InitConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"],
            ),
            (join(&request), vec!["JoinConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"]),
        ] {
            let documents: Vec<serde_json::Value> =
                text.split("---\n").map(|part| serde_saphyr::from_str(part).unwrap()).collect();
            let found: Vec<_> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
            assert_eq!(found, kinds);
            if kinds[0] == "ClusterConfiguration" {
                assert_eq!(documents[0]["dns"]["imageTag"], "v1.14.3");
                assert_eq!(documents[0]["etcd"]["local"]["imageTag"], "3.6.9-0");
                let own = init(&KubeadmRequest { images: "", ..request.clone() });
                assert!(!own.contains("imageTag"), "{own}");
            }
            let node = documents.iter().find_map(|document| document["nodeRegistration"]["name"].as_str());
            assert_eq!(node, Some("c-worker"));
        }
    }

    #[test]
    fn network_configuration_is_json_with_the_subnet() {
        let parsed: serde_json::Value = serde_json::from_str(&conflist("10.244.3.0/24", 1500)).unwrap();
        assert_eq!(parsed["plugins"][0]["ipam"]["ranges"][0][0]["subnet"], "10.244.3.0/24");
    }
}
