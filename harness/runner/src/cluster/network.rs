//! One `internal` network per cluster, without a route out of the host.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;
use mtls_engine::{Engine, EngineError, request};

/// The name of the network of a cluster.
pub(super) fn name(cluster: &str) -> String {
    format!("mtls-e2e-{cluster}")
}

/// Creates the network unless it exists.
pub(super) async fn ensure(engine: &Engine, cluster: &str, labels: HashMap<String, String>) -> Result<(), EngineError> {
    let name = name(cluster);
    match engine.docker.inspect_network(&name, None).await {
        Ok(_) => return Ok(()),
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {}
        Err(source) => return Err(request(format!("inspect network {name}"), source)),
    }
    let options = NetworkCreateRequest {
        name: name.clone(),
        driver: Some("bridge".to_owned()),
        internal: Some(true),
        labels: Some(labels),
        ..NetworkCreateRequest::default()
    };
    engine
        .docker
        .create_network(options)
        .await
        .map(|_| ())
        .map_err(|source| request(format!("create network {name}"), source))
}
