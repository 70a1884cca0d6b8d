//! Compares the examined versions, from the recorded environments of two runs.
//!
//! Images are paired by their name without tag, so that a new version is one change. The same tag with another digest
//! is a change too. It knows no product: it compares the topics that the record has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::judged::JudgedRun;
use crate::text::plain;

/// A version that differs between the runs; `None` where a run has not recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionChange {
    /// `kubernetes`, `image quay.io/a/b`, `components x`.
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Whether a topic of the environment is compared here.
pub(super) fn is_compared(topic: &str) -> bool {
    NAMES.contains(&topic) || MAPS.contains(&topic) || IMAGES.contains(&topic) || topic == NODES
}

pub(super) fn changes(before: &JudgedRun, after: &JudgedRun) -> Vec<VersionChange> {
    let (old, new) = (versions(before), versions(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    changed
        .map(|name| {
            let (then, now) = (old.get(name), new.get(name));
            // Digests and origins are shown only if the tags are the same.
            let are_same = then.zip(now).is_some_and(|(then, now)| then.tags == now.tags);
            let spelled = if are_same { Version::in_full } else { Version::by_tags };
            VersionChange { what: name.clone(), before: then.map(spelled), after: now.map(spelled) }
        })
        .collect()
}

/// Topics with one name or version as their value.
const NAMES: [&str; 3] = ["kubernetes", "node-image", "stack"];
/// Topics that hold versions by name.
const MAPS: [&str; 2] = ["components", "programs"];
/// Topics that list images.
const IMAGES: [&str; 2] = ["images", "image-origins"];
const NODES: &str = "nodes";
/// Facts of a node that are versions.
const OF_NODES: [&str; 4] = ["kubelet", "runtime", "kernel", "os"];

/// The recorded version of one component.
#[derive(Debug, Default, PartialEq, Eq)]
struct Version {
    tags: BTreeSet<String>,
    digests: BTreeSet<String>,
    origins: BTreeSet<String>,
}

impl Version {
    fn of(tag: String) -> Self {
        Self { tags: [tag].into(), ..Self::default() }
    }

    fn by_tags(&self) -> String {
        if self.tags.is_empty() { "without a tag".to_owned() } else { joined(&self.tags) }
    }

    /// The tags, digests and origins.
    fn in_full(&self) -> String {
        let rest = [joined(&self.digests), joined(&self.origins)];
        let rest: Vec<String> = rest.into_iter().filter(|text| !text.is_empty()).collect();
        match (self.tags.is_empty(), rest.is_empty()) {
            (_, true) => self.by_tags(),
            (true, false) => rest.join("; "),
            (false, false) => format!("{} ({})", self.by_tags(), rest.join("; ")),
        }
    }
}

fn joined(parts: &BTreeSet<String>) -> String {
    parts.iter().map(|part| short(part)).collect::<Vec<_>>().join(", ")
}

/// Twelve digits of a digest are enough to tell two of them apart.
fn short(text: &str) -> String {
    match text.rsplit_once("sha256:") {
        Some((_, digest)) => format!("sha256:{}", digest.chars().take(12).collect::<String>()),
        None => text.to_owned(),
    }
}

fn versions(run: &JudgedRun) -> BTreeMap<String, Version> {
    let mut found: BTreeMap<String, Version> = BTreeMap::new();
    let environment = &run.report.environment;
    for topic in NAMES {
        if let Some(value) = environment.get(topic) {
            let name = value.get("name").unwrap_or(value);
            found.insert(topic.to_owned(), Version::of(plain(name)));
        }
    }
    for topic in MAPS {
        for (name, version) in environment.get(topic).and_then(Value::as_object).into_iter().flatten() {
            found.insert(format!("{topic} {name}"), Version::of(plain(version)));
        }
    }
    let listed = |topic: &str| environment.get(topic).and_then(Value::as_array).into_iter().flatten();
    for image in IMAGES.into_iter().flat_map(listed) {
        let (name, tag) = parted(image["name"].as_str().unwrap_or_default());
        let known = found.entry(format!("image {name}")).or_default();
        known.tags.extend(tag.map(str::to_owned).or_else(|| image["tag"].as_str().map(str::to_owned)));
        known.digests.extend(["digest", "running"].iter().filter_map(|key| image[*key].as_str()).map(str::to_owned));
        known.origins.extend(image.get("origin").map(plain));
    }
    for (node, part) in listed(NODES).flat_map(|node| OF_NODES.map(|part| (node, part))) {
        if let Some(version) = node[part].as_str() {
            found.entry(format!("node {part}")).or_default().tags.insert(version.to_owned());
        }
    }
    found
}

/// The name of an image and its tag, if it has one. A digest and a port are not taken for a tag.
fn parted(image: &str) -> (&str, Option<&str>) {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_its_name_without_tag_and_digest() {
        for (image, name, tag) in [
            ("quay.io/a/b:v1.2", "quay.io/a/b", Some("v1.2")),
            ("quay.io/a/b:v1.2@sha256:00", "quay.io/a/b", Some("v1.2")),
            ("host:5000/a", "host:5000/a", None),
            ("a", "a", None),
        ] {
            assert_eq!(parted(image), (name, tag));
        }
    }
}
