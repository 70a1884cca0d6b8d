//! How steps name Kubernetes objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    effects::{Credential, Effects},
    footprint::Resource,
};
use crate::{
    scenario::resolver::Resolver,
    yaml::{Node, Problem, Rule},
};

/// Objects of one kind: the facts are the object itself (`name`) or, without `name`, a list: `items.#`, `items.*`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectQuery {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    #[serde(default)]
    pub namespace: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub selector: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectReference {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    #[serde(default)]
    pub namespace: Option<String>,
    pub name: String,
}

impl ObjectQuery {
    pub(super) fn check(&self, node: &Node, resolver: &mut Resolver<'_>) {
        if self.name.is_some() && self.selector.is_some() {
            let place = node.key("selector").map_or(node.place, |key| key.place);
            let problem = Problem::new(Rule::Get, place, "`name` and `selector` together select nothing more");
            resolver.complain(problem.help("`name` gives one object, `selector` gives `items`"));
        }
        if let Some(selector) = &self.selector {
            resolver.selector(selector, node);
        }
    }

    /// The data of a Secret is read with it, and dropped.
    pub(super) fn effects(&self) -> Effects {
        let mut effects = Effects::default();
        if self.kind == "Secret" {
            let place = self.namespace.as_deref().unwrap_or("every namespace");
            let what = self
                .name
                .as_ref()
                .map_or_else(|| format!("Secrets in {place}"), |name| format!("Secret {place}/{name}"));
            effects.credential(Credential::KeyRead(what));
        }
        effects
    }

    /// The resource that it reads, unless that is every namespace or no namespace.
    pub(super) fn read(&self) -> Option<Resource> {
        self.namespace.as_deref().map(|namespace| Resource::objects(&self.api_version, namespace))
    }

    /// Whether it may read objects of any namespace.
    pub(super) fn is_everywhere(&self) -> bool {
        self.namespace.is_none() && self.name.is_none()
    }
}

impl ObjectReference {
    /// For people: `Secret namespace/name`.
    pub(super) fn spelled(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
            None => format!("{} {}", self.kind, self.name),
        }
    }

    /// The resource that it is part of; none outside of namespaces.
    pub(super) fn resource(&self) -> Option<Resource> {
        self.namespace.as_deref().map(|namespace| Resource::objects(&self.api_version, namespace))
    }

    /// Its kind when no namespace holds it. A Namespace itself counts as an object of the scenario.
    pub(super) fn beyond_namespaces(&self) -> Vec<String> {
        match &self.namespace {
            None if self.kind != "Namespace" => vec![self.kind.clone()],
            None | Some(_) => Vec::new(),
        }
    }
}
