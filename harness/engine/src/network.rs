//! Networks of containers, found by name or by label.

use std::collections::HashMap;

use bollard::Docker;
use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::ListNetworksOptionsBuilder;

use super::client::Engine;
use super::container::Labelled;
use super::error::{EngineError, if_present};

impl Engine {
    /// Creates a network without a route out of the host, unless one of that name exists.
    pub async fn ensure_internal_network(
        &self,
        name: &str,
        labels: HashMap<String, String>,
    ) -> Result<(), EngineError> {
        let inspect = async |docker: &Docker| docker.inspect_network(name, None).await;
        let found = self.request(format!("inspect network {name}"), self.limits.question, inspect).await;
        if if_present(found)?.is_some() {
            return Ok(());
        }
        let wanted = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            internal: Some(true),
            labels: Some(labels),
            ..NetworkCreateRequest::default()
        };
        let create = async |docker: &Docker| docker.create_network(wanted).await;
        self.request(format!("create network {name}"), self.limits.change, create).await.map(drop)
    }

    /// All networks that have a label.
    pub async fn networks(&self, label: &str) -> Result<Vec<Labelled>, EngineError> {
        let filters = HashMap::from([("label".to_owned(), vec![label.to_owned()])]);
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let list = async |docker: &Docker| docker.list_networks(Some(options)).await;
        let what = format!("list networks with label {label}");
        let found = self.request(what, self.limits.question, list).await?;
        let labelled = found.into_iter().map(|network| Labelled {
            name: network.name.unwrap_or_default(),
            labels: network.labels.unwrap_or_default(),
        });
        Ok(labelled.collect())
    }

    /// Removes a network. One that does not exist is removed already.
    pub async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        let remove = async |docker: &Docker| docker.remove_network(name).await;
        let removed = self.request(format!("remove network {name}"), self.limits.change, remove).await;
        if_present(removed).map(drop)
    }
}
