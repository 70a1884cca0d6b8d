//! `apply`: creates or changes objects, or a tree of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Resource, Role, Site, Step, Verb,
    effects::{Change, Effects},
};
use crate::{
    scenario::{resolver::Resolver, trees::floating},
    yaml::Node,
};

/// Server-side apply. Objects that did not exist are deleted again at the end of the scenario.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApplySpec {
    #[serde(default)]
    pub objects: Vec<Value>,
    /// A folder of the project's infrastructure trees, such as `lab/rotating`.
    #[serde(default)]
    pub tree: Option<String>,
}

impl Verb for ApplySpec {
    const ABOUT: About = About {
        usage: "apply: {objects: […], tree}",
        does: "creates or changes objects, or those of an infrastructure tree; undone at the end",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::None,
        repeats: Repeats::ByItself,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        resolver.problems.extend(floating(site.node));
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Changes
    }

    fn effects(&self, _: &Participants) -> Effects {
        Effects::of_change(Change::Applied(match (&self.tree, self.objects.len()) {
            (Some(tree), 0) => format!("the tree {tree}"),
            (Some(tree), _) => format!("objects and the tree {tree}"),
            (None, _) => "objects".to_owned(),
        }))
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        let versions = self.objects.iter().filter_map(|object| object["apiVersion"].as_str());
        let issued = versions.map(|version| Resource::IssuedFrom(version.to_owned()));
        Footprint {
            changed: self.objects.iter().filter_map(made).chain(self.tree.clone().map(Resource::Tree)).collect(),
            read: issued.chain(self.tree.iter().map(|_| Resource::Issuers)).collect(),
            beyond_namespaces: self.beyond_namespaces(),
            ..Footprint::nothing()
        }
    }
}

impl ApplySpec {
    fn beyond_namespaces(&self) -> Vec<String> {
        let objects = self.objects.iter().filter(|object| object.pointer("/metadata/namespace").is_none());
        let kinds = objects.filter_map(|object| object.get("kind")?.as_str());
        kinds.filter(|kind| *kind != "Namespace").map(str::to_owned).collect()
    }
}

/// A cluster-scoped object may change the identity of another participant.
fn made(object: &Value) -> Option<Resource> {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Some(Resource::objects(version, namespace)),
        None if object["kind"] == "Namespace" => {
            object["metadata"]["name"].as_str().map(|name| Resource::Namespace(name.to_owned()))
        }
        None => Some(Resource::Registered(version.to_owned())),
    }
}
