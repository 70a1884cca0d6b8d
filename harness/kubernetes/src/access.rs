//! The requests that a client of an API server may send. Any other request is refused before it is sent.
//!
//! A request is classified by its method and its path: get, list, watch and discovery are reads, and an unknown request
//! is not. This module knows no scenario; the world that creates the client chooses the exceptions.

use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::{Either, MapErr, TryFutureExt};
use http::{Method, Request};
use tower::{BoxError, Service};

/// The requests that a client may send.
#[derive(Clone, Debug)]
pub enum Access {
    Full,
    /// Only get, list, watch, discovery, and these exceptions.
    Reading(Vec<Exception>),
}

/// Requests that are not reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exception {
    /// Execution of programs in pods.
    Exec,
    /// Patch (which also creates) and delete of objects of one collection whose names begin with this prefix.
    Objects { collection: String, prefix: String },
    /// GET through the API server's proxy to a service.
    Proxy,
}

/// A request that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {path} was not sent: this run only reads the cluster, and none of its options allows this request")]
pub struct NotAllowed {
    pub method: String,
    pub path: String,
}

impl Access {
    /// The refusal of a request; `None` when it is allowed.
    pub(super) fn refusal(&self, method: &Method, path: &str) -> Option<NotAllowed> {
        let is_allowed = match self {
            Self::Full => true,
            Self::Reading(exceptions) => {
                reads(method, path) || exceptions.iter().any(|exception| exception.covers(method, path))
            }
        };
        (!is_allowed).then(|| NotAllowed { method: method.to_string(), path: path.to_owned() })
    }
}

impl Exception {
    fn covers(&self, method: &Method, path: &str) -> bool {
        let Some(target) = Target::of(path) else { return false };
        match self {
            Self::Exec => method == Method::GET && target.resource == "pods" && target.subresource == ["exec"],
            Self::Objects { collection, prefix } => {
                let is_ours = target.name.is_some_and(|name| {
                    name.starts_with(prefix)
                        && path.strip_suffix(name).is_some_and(|rest| rest == format!("{collection}/"))
                });
                is_ours && (method == Method::PATCH || method == Method::DELETE)
            }
            Self::Proxy => {
                method == Method::GET && target.resource == "services" && target.subresource.first() == Some(&"proxy")
            }
        }
    }
}

/// Subresources of which a GET is a read. A GET of `exec`, `attach`, `portforward` or `proxy` reaches a program.
const READ: [&str; 3] = ["log", "scale", "status"];

fn reads(method: &Method, path: &str) -> bool {
    if method != Method::GET {
        return false;
    }
    match Target::of(path) {
        Some(target) => match target.subresource.as_slice() {
            [] => true,
            [one] => READ.contains(one),
            _ => false,
        },
        None => is_discovery(path),
    }
}

fn is_discovery(path: &str) -> bool {
    matches!(segments(path).as_slice(), ["version" | "api" | "apis"] | ["api" | "apis", _] | ["apis", _, _])
}

/// The object or collection that a path names.
struct Target<'a> {
    resource: &'a str,
    name: Option<&'a str>,
    subresource: Vec<&'a str>,
}

impl<'a> Target<'a> {
    /// `None` for a path that names neither, such as a discovery path.
    fn of(path: &'a str) -> Option<Self> {
        let segments = segments(path);
        let (["api", _, rest @ ..] | ["apis", _, _, rest @ ..]) = segments.as_slice() else { return None };
        // `namespaces/n` is an object itself; a resource in it follows.
        let rest = match rest {
            ["namespaces", _, resource, inside @ ..] if !READ.contains(resource) => {
                return Some(Self::from(resource, inside));
            }
            other => other,
        };
        let (resource, inside) = rest.split_first()?;
        Some(Self::from(resource, inside))
    }

    fn from(resource: &'a str, inside: &[&'a str]) -> Self {
        let (name, subresource) = inside.split_first().map_or((None, &[][..]), |(name, rest)| (Some(*name), rest));
        Self { resource, name, subresource: subresource.to_vec() }
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// A service that forwards allowed requests only.
#[derive(Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    access: Arc<Access>,
}

impl<S> Guarded<S> {
    pub(super) fn new(inner: S, access: Access) -> Self {
        Self { inner, access: Arc::new(access) }
    }
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Error: Into<BoxError>>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<Result<S::Response, BoxError>>, MapErr<S::Future, fn(S::Error) -> BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.access.refusal(request.method(), request.uri().path()) {
            Some(refusal) => Either::Left(ready(Err(refusal.into()))),
            None => Either::Right(self.inner.call(request).map_err(Into::into as fn(S::Error) -> BoxError)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUESTS: &str = "/apis/cert-manager.io/v1/namespaces/cert-manager/certificaterequests";

    fn sent(exceptions: &[Exception], method: &Method, path: &str) -> bool {
        Access::Reading(exceptions.to_vec()).refusal(method, path).is_none()
    }

    #[test]
    fn get_list_watch_and_discovery_are_reads() {
        for path in [
            "/version",
            "/api",
            "/apis",
            "/api/v1",
            "/apis/apps/v1",
            "/api/v1/nodes",
            "/api/v1/namespaces",
            "/api/v1/namespaces/n",
            "/api/v1/namespaces/n/status",
            "/api/v1/namespaces/n/pods",
            "/api/v1/namespaces/n/pods/exec",
            "/api/v1/namespaces/n/pods/p",
            "/api/v1/namespaces/n/pods/p/log",
            "/apis/apps/v1/namespaces/n/deployments/d/scale",
            REQUESTS,
        ] {
            assert!(sent(&[], &Method::GET, path), "{path}");
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert!(!sent(&[], &method, path), "{method} {path}");
            }
        }
    }

    #[test]
    fn a_get_that_reaches_a_program_is_not_a_read() {
        for path in [
            "/api/v1/namespaces/n/pods/p/exec",
            "/api/v1/namespaces/n/pods/p/attach",
            "/api/v1/namespaces/n/pods/p/portforward",
            "/api/v1/namespaces/n/pods/p/proxy/metrics",
            "/api/v1/namespaces/n/services/s:80/proxy",
            "/api/v1/namespaces/n/services/s:80/proxy/status",
            "/api/v1/nodes/n/proxy/run",
            "/logs/kubelet",
        ] {
            assert!(!sent(&[], &Method::GET, path), "{path}");
        }
        assert!(!sent(&[], &Method::from_bytes(b"CONNECT").unwrap(), "/api/v1/namespaces/n/pods/p"));
    }

    #[test]
    fn an_exception_covers_only_its_requests() {
        let exec = "/api/v1/namespaces/n/pods/p/exec";
        assert!(sent(&[Exception::Exec], &Method::GET, exec));
        assert!(!sent(&[Exception::Exec], &Method::GET, "/api/v1/namespaces/n/pods/p/attach"));
        assert!(!sent(&[Exception::Exec], &Method::PATCH, "/api/v1/namespaces/n/pods/p"));
        let proxy = "/api/v1/namespaces/n/services/s:80/proxy/api/v1/query";
        assert!(sent(&[Exception::Proxy], &Method::GET, proxy));
        assert!(!sent(&[Exception::Proxy], &Method::POST, proxy));
        assert!(!sent(&[Exception::Proxy], &Method::GET, exec));

        let ours = [Exception::Objects { collection: REQUESTS.to_owned(), prefix: "mtls-e2e-".to_owned() }];
        let named = |name: &str| format!("{REQUESTS}/{name}");
        assert!(sent(&ours, &Method::PATCH, &named("mtls-e2e-a")));
        assert!(sent(&ours, &Method::DELETE, &named("mtls-e2e-a")));
        assert!(!sent(&ours, &Method::PUT, &named("mtls-e2e-a")));
        assert!(!sent(&ours, &Method::PATCH, &named("mtls-e2e-a/approval")));
        assert!(!sent(&ours, &Method::PATCH, &named("somebody-elses")));
        assert!(!sent(&ours, &Method::DELETE, REQUESTS));
        assert!(!sent(
            &ours,
            &Method::PATCH,
            "/apis/cert-manager.io/v1/namespaces/other/certificaterequests/mtls-e2e-a"
        ));
    }

    #[test]
    fn full_access_allows_every_request() {
        assert_eq!(Access::Full.refusal(&Method::DELETE, "/api/v1/namespaces/n"), None);
    }
}
