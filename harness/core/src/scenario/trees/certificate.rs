//! Certificates as a tree declares them: when each is renewed, and the labels that its metrics carry.

use std::time::Duration;

use crate::{expectation::matching::parse_duration, yaml::Node};

/// What the issuer assumes when nothing is said: 90 days, renewed when a third of the life is left.
const LIFE: Duration = Duration::from_hours(90 * 24);

/// A certificate that is renewed by itself.
pub(super) struct Certificate {
    pub(super) name: String,
    /// `None` when a kustomization may set it.
    pub(super) namespace: Option<String>,
    /// Before the end of its life.
    pub(super) renewed: Duration,
    issuer: [(&'static str, Option<String>); 3],
}

impl Certificate {
    /// `None` for any other object.
    pub(super) fn read(document: &Node) -> Option<Self> {
        let text = |keys: &[&str]| {
            let mut node = document;
            for key in keys {
                node = node.get(key)?;
            }
            node.text().map(str::to_owned)
        };
        if text(&["kind"])? != "Certificate" || text(&["spec", "secretName"]).is_none() {
            return None;
        }
        let time = |key| text(&["spec", key]).as_deref().and_then(parse_duration);
        let life = time("duration").unwrap_or(LIFE);
        let share = document.get("spec")?.get("renewBeforePercentage").and_then(|share| share.to_json().as_u64());
        let renewed = match (time("renewBefore"), share.and_then(|share| u32::try_from(share).ok())) {
            (Some(renewed), _) => renewed,
            (None, Some(share)) => life * share / 100,
            (None, None) => life / 3,
        };
        let issuer = |key| text(&["spec", "issuerRef", key]);
        Some(Self {
            name: text(&["metadata", "name"])?,
            namespace: text(&["metadata", "namespace"]),
            renewed,
            issuer: [
                ("issuer_name", issuer("name")),
                ("issuer_kind", issuer("kind")),
                ("issuer_group", issuer("group")),
            ],
        })
    }

    /// What a label of its metrics says; `None` when the files do not tell.
    pub(super) fn label(&self, label: &str) -> Option<&str> {
        match label {
            "name" => Some(&self.name),
            // Prometheus renames it when the target has a namespace of its own.
            "namespace" | "exported_namespace" => self.namespace.as_deref(),
            _ => self.issuer.iter().find(|(name, _)| *name == label)?.1.as_deref(),
        }
    }

    pub(super) fn spelled(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_renewal_is_said_or_assumed() {
        let hours = |spec: &str| {
            let text = format!("kind: Certificate\nmetadata: {{name: a}}\nspec: {{secretName: a{spec}}}\n");
            Certificate::read(&Node::parse(&text).unwrap()).unwrap().renewed.as_secs() / 3600
        };
        let rows = [
            (", duration: 720h, renewBefore: 168h", 168),
            (", duration: 720h", 240),
            (", duration: 100h, renewBeforePercentage: 25", 25),
            ("", 720),
        ];
        for (spec, expected) in rows {
            assert_eq!(hours(spec), expected, "{spec}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_passed_over() {
        for text in ["kind: Secret", "kind: Certificate\nmetadata: {name: a}", "[]", "groups: []"] {
            assert!(Certificate::read(&Node::parse(text).unwrap()).is_none(), "{text}");
        }
    }
}
