//! The connection to an API server, and operations on objects by kind and name.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use kube::{
    Api, Client, Config,
    api::{DeleteParams, DynamicObject, ListParams, LogParams, Patch, PatchParams, PropagationPolicy, TypeMeta},
    client::ClientBuilder,
    config::{KubeConfigOptions, Kubeconfig},
    core::{ApiResource, GroupVersionKind},
    discovery::Scope,
};
use mtls_core::{duration::spell_duration, scenario::selector::SelectorError};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tower::layer::layer_fn;

use super::access::{Access, Guarded, NotAllowed};

/// A reference to one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    pub api_version: String,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
}

#[derive(Debug, thiserror::Error)]
pub enum KubeError {
    #[error("kubeconfig {path} is not usable")]
    Kubeconfig {
        path: String,
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    #[error("{what}")]
    Request {
        what: String,
        #[source]
        source: Box<kube::Error>,
    },
    #[error("{what}")]
    NotAllowed {
        what: String,
        #[source]
        source: NotAllowed,
    },
    #[error("the API server does not serve {kind} in {api_version}")]
    NoSuchKind { api_version: String, kind: String },
    #[error("{0} does not exist")]
    Missing(Reference),
    #[error("the selector `{text}` cannot be used")]
    Selector {
        text: String,
        #[source]
        source: SelectorError,
    },
    #[error("{object} is not accepted: {last}")]
    Refused { object: String, last: String },
    #[error(transparent)]
    Wait(#[from] mtls_engine::wait::WaitError),
    #[error("{what} did not answer within {}", spell_duration(*.limit))]
    Slow { what: String, limit: Duration },
    #[error("`{command}` in {pod}: {problem}")]
    Exec { command: String, pod: String, problem: String },
}

/// A client with a cache of discovered kinds.
#[derive(Clone)]
pub struct Kube {
    pub(super) client: Client,
    kinds: Arc<Mutex<Kinds>>,
}

/// The discovered resource of each pair of `apiVersion` and kind.
type Kinds = HashMap<(String, String), (ApiResource, Scope)>;

impl KubeError {
    /// Whether the API server forbids the request to this user (HTTP 403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Request { source, .. } if matches!(&**source, kube::Error::Api(status) if status.code == 403))
    }
}

const REQUEST_LIMIT: Duration = Duration::from_secs(30);

impl Kube {
    /// Creates a client for the current context of a kubeconfig. It never sends a request that `access` does not allow.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or names no usable cluster. This sends no request.
    pub async fn from_file(path: &Path, access: Access) -> Result<Self, KubeError> {
        let unusable = |source| KubeError::Kubeconfig { path: path.display().to_string(), source: Box::new(source) };
        let kubeconfig = Kubeconfig::read_from(path).map_err(unusable)?;
        let config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(unusable)?;
        let builder = ClientBuilder::try_from(config).map_err(|source| request("connect", source))?;
        let client = builder.with_layer(&layer_fn(|service| Guarded::new(service, access.clone()))).build();
        Ok(Self { client, kinds: Arc::default() })
    }

    /// The version of the API server, such as `v1.36.4`.
    pub async fn version(&self) -> Result<String, KubeError> {
        let info = bounded("version of the API server", self.client.apiserver_version()).await?;
        Ok(info.git_version)
    }

    /// The object, or `None` when it does not exist.
    pub async fn get(&self, reference: &Reference) -> Result<Option<DynamicObject>, KubeError> {
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        bounded(&format!("get {reference}"), api.get_opt(&reference.name)).await
    }

    /// The object; [`KubeError::Missing`] when it does not exist.
    pub async fn must_get(&self, reference: &Reference) -> Result<DynamicObject, KubeError> {
        self.get(reference).await?.ok_or_else(|| KubeError::Missing(reference.clone()))
    }

    /// The objects of a kind that match the label selector; all without a selector.
    pub async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Vec<DynamicObject>, KubeError> {
        let api = self.api(api_version, kind, namespace).await?;
        let parameters = selector.map_or_else(ListParams::default, |selector| ListParams::default().labels(selector));
        let mut items = bounded(&format!("list {kind}"), api.list(&parameters)).await?.items;
        // The items of a list do not repeat their kind.
        let types = || TypeMeta { api_version: api_version.to_owned(), kind: kind.to_owned() };
        for item in &mut items {
            item.types.get_or_insert_with(types);
        }
        Ok(items)
    }

    /// Deletes the object; not an error when it does not exist.
    pub async fn delete(&self, reference: &Reference) -> Result<(), KubeError> {
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        let parameters =
            DeleteParams { propagation_policy: Some(PropagationPolicy::Background), ..DeleteParams::default() };
        match bounded(&format!("delete {reference}"), api.delete(&reference.name, &parameters)).await {
            Ok(_) => Ok(()),
            Err(KubeError::Request { source, .. }) if is_not_found(&source) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Applies a JSON merge patch (RFC 7396).
    pub async fn merge(&self, reference: &Reference, patch: &serde_json::Value) -> Result<DynamicObject, KubeError> {
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        bounded(
            &format!("patch {reference}"),
            api.patch(&reference.name, &PatchParams::default(), &Patch::Merge(patch)),
        )
        .await
    }

    /// Applies a JSON merge patch (RFC 7396) to the status of the object.
    pub async fn merge_status(&self, reference: &Reference, patch: &serde_json::Value) -> Result<(), KubeError> {
        let api = self.api(&reference.api_version, &reference.kind, reference.namespace.as_deref()).await?;
        let (parameters, patch) = (PatchParams::default(), Patch::Merge(patch));
        let patched = api.patch_status(&reference.name, &parameters, &patch);
        bounded(&format!("patch the status of {reference}"), patched).await.map(|_| ())
    }

    /// The log lines of a container since an instant, rounded down to a second. The client library would round to the
    /// nearest second and could lose lines.
    pub async fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        since: jiff::Timestamp,
    ) -> Result<String, KubeError> {
        let api: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(self.client.clone(), namespace);
        let since = jiff::Timestamp::from_second(since.as_second()).unwrap_or(since);
        let parameters =
            LogParams { container: Some(container.to_owned()), since_time: Some(since), ..LogParams::default() };
        bounded(&format!("logs of {namespace}/{pod}"), api.logs(pod, &parameters)).await
    }

    /// GET through the API server's proxy to a service port, which needs no route to the pod network.
    /// `service_and_port` is `NAME:PORT`.
    pub async fn proxy_get(&self, namespace: &str, service_and_port: &str, path: &str) -> Result<String, KubeError> {
        let what = format!("GET {path} of {namespace}/{service_and_port}");
        let uri = format!("/api/v1/namespaces/{namespace}/services/{service_and_port}/proxy{path}");
        let get = http_get(&uri, &what)?;
        bounded(&what, self.client.request_text(get)).await
    }

    pub(super) async fn api(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Api<DynamicObject>, KubeError> {
        let (resource, scope) = self.resource(api_version, kind).await?;
        Ok(match (scope, namespace) {
            (Scope::Namespaced, Some(namespace)) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            _ => Api::all_with(self.client.clone(), &resource),
        })
    }

    async fn resource(&self, api_version: &str, kind: &str) -> Result<(ApiResource, Scope), KubeError> {
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(known) = self.kinds.lock().await.get(&key) {
            return Ok(known.clone());
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let gvk = GroupVersionKind::gvk(group, version, kind);
        let what = format!("look up {kind} in {api_version}");
        let discovery = kube::discovery::pinned_kind(&self.client, &gvk);
        let (resource, capabilities) = match bounded(&what, discovery).await {
            Ok(found) => found,
            Err(KubeError::Request { source, .. })
                if is_not_found(&source) || matches!(*source, kube::Error::Discovery(_)) =>
            {
                return Err(KubeError::NoSuchKind { api_version: api_version.to_owned(), kind: kind.to_owned() });
            }
            Err(error) => return Err(error),
        };
        let found = (resource, capabilities.scope);
        self.kinds.lock().await.insert(key, found.clone());
        Ok(found)
    }
}

impl Reference {
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

impl std::fmt::Debug for Kube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kube").finish_non_exhaustive()
    }
}

pub(super) fn request(what: impl Into<String>, source: kube::Error) -> KubeError {
    let what = what.into();
    match source {
        kube::Error::Service(error) => match error.downcast::<NotAllowed>() {
            Ok(refusal) => KubeError::NotAllowed { what, source: *refusal },
            Err(error) => KubeError::Request { what, source: Box::new(kube::Error::Service(error)) },
        },
        source => KubeError::Request { what, source: Box::new(source) },
    }
}

pub(super) fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

pub(super) async fn bounded<T>(what: &str, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, KubeError> {
    match tokio::time::timeout(REQUEST_LIMIT, call).await {
        Ok(result) => result.map_err(|source| request(what, source)),
        Err(_) => Err(KubeError::Slow { what: what.to_owned(), limit: REQUEST_LIMIT }),
    }
}

fn http_get(uri: &str, what: &str) -> Result<http::Request<Vec<u8>>, KubeError> {
    http::Request::get(uri).body(Vec::new()).map_err(|source| request(what, kube::Error::HttpError(source)))
}
