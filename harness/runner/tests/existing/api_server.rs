//! A fake API server that records every request. It serves the kinds, lists only a ready pod and a `DaemonSet`, has no
//! other objects, and refuses every other request.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub(crate) struct ApiServer {
    pub(crate) kubeconfig: PathBuf,
    requests: Requests,
    _folder: TempDir,
}

/// A received request; `path` is without its query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
}

type Requests = Arc<Mutex<Vec<Request>>>;

impl ApiServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, kubeconfig_of(listener.local_addr().unwrap())).unwrap();
        let requests = Requests::default();
        let recorded = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&recorded)));
            }
        });
        Self { kubeconfig, requests, _folder: folder }
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request after the other until the client closes the connection.
async fn serve(stream: TcpStream, requests: Requests) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let (code, body) = answer(&request);
        requests.lock().unwrap().push(request);
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {code} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let first = line(stream).await?;
    let (method, target) = first.split_once(' ')?;
    let path = target.split([' ', '?']).next()?;
    let request = Request { method: method.to_owned(), path: path.to_owned() };
    let mut length = 0;
    loop {
        let header = line(stream).await?.to_ascii_lowercase();
        match header.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            Some(("transfer-encoding", _)) => panic!("a body of unknown length: {request:?}"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(request)
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut text = String::new();
    stream.read_line(&mut text).await.ok().filter(|read| *read > 0)?;
    Some(text.trim_end().to_owned())
}

fn answer(request: &Request) -> (u16, Value) {
    match request.method.as_str() {
        "GET" => {}
        // No object exists, so that undoing a change ends at once.
        "DELETE" => return status(404, "NotFound"),
        _ => return status(403, "Forbidden"),
    }
    let segments: Vec<&str> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["version"] => (200, version()),
        ["api", version] => kinds(version),
        ["apis", group, version] => kinds(&format!("{group}/{version}")),
        ["api", "v1", "pods"] | ["api", "v1", "namespaces", _, "pods"] => list(&[pod()]),
        ["api", "v1", "namespaces", _, "pods", _, "log"] => (200, json!("")),
        ["api", "v1", "namespaces", _, "pods", _, _, ..]
        | ["api", "v1", "namespaces", _, "services", _, "proxy", ..] => status(403, "Forbidden"),
        ["apis", "apps", "v1", "namespaces", _, "daemonsets"] => list(&[json!({"metadata": {"name": "agent"}})]),
        ["api", _, "namespaces", _, _] | ["apis", _, _, "namespaces", _, _] | ["api", _, _] | ["apis", _, _, _] => {
            list(&[])
        }
        _ => status(404, "NotFound"),
    }
}

fn list(items: &[Value]) -> (u16, Value) {
    (200, json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}))
}

fn status(code: u16, reason: &str) -> (u16, Value) {
    let message = format!("the fake API server says {reason}");
    let body = json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code});
    (code, body)
}

fn pod() -> Value {
    json!({
        "metadata": {"name": "pod", "namespace": "any"},
        "status": {"phase": "Running", "podIP": "192.0.2.1", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

fn version() -> Value {
    let empty = ["gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"];
    let mut version = json!({"major": "1", "minor": "36", "gitVersion": "v1.36.5"});
    for field in empty {
        version[field] = json!("");
    }
    version
}

/// The kinds of one version of a group.
fn kinds(version: &str) -> (u16, Value) {
    let of_version: Vec<Value> = KINDS
        .iter()
        .filter(|(of, ..)| *of == version)
        .map(|(_, kind, plural, scope)| {
            let verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];
            json!({"name": plural, "singularName": "", "namespaced": *scope == Scope::Namespace, "kind": kind, "verbs": verbs})
        })
        .collect();
    if of_version.is_empty() {
        return status(404, "NotFound");
    }
    (200, json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": of_version}))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Cluster,
    Namespace,
}

/// Version, kind, plural, scope.
const KINDS: [(&str, &str, &str, Scope); 15] = [
    ("v1", "ConfigMap", "configmaps", Scope::Namespace),
    ("v1", "Namespace", "namespaces", Scope::Cluster),
    ("v1", "Node", "nodes", Scope::Cluster),
    ("v1", "Pod", "pods", Scope::Namespace),
    ("v1", "Secret", "secrets", Scope::Namespace),
    ("apps/v1", "DaemonSet", "daemonsets", Scope::Namespace),
    ("apps/v1", "Deployment", "deployments", Scope::Namespace),
    ("apps/v1", "StatefulSet", "statefulsets", Scope::Namespace),
    ("cert-manager.io/v1", "Certificate", "certificates", Scope::Namespace),
    ("cert-manager.io/v1", "CertificateRequest", "certificaterequests", Scope::Namespace),
    ("cert-manager.io/v1", "ClusterIssuer", "clusterissuers", Scope::Cluster),
    ("networking.istio.io/v1", "DestinationRule", "destinationrules", Scope::Namespace),
    ("security.istio.io/v1", "AuthorizationPolicy", "authorizationpolicies", Scope::Namespace),
    ("security.istio.io/v1", "PeerAuthentication", "peerauthentications", Scope::Namespace),
    ("spire.spiffe.io/v1alpha1", "ClusterSPIFFEID", "clusterspiffeids", Scope::Cluster),
];

fn kubeconfig_of(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: fake\n\
         clusters: [{{name: fake, cluster: {{server: \"http://{address}\"}}}}]\n\
         users: [{{name: nobody, user: {{}}}}]\n\
         contexts: [{{name: fake, context: {{cluster: fake, user: nobody}}}}]\n"
    )
}
