//! Documented commands and their results, as rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{evidence::event::Sample, scenario::trial::MARK};

/// The last observation of one documented command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentedCommandView {
    pub check: String,
    #[serde(flatten)]
    pub command: DocumentedCommandFacts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentedCommandFacts {
    pub printed: String,
    /// `works`, `misleads`, `broken` or `unproven`.
    pub class: String,
    /// The parts that were run differently than printed, each with its reason.
    #[serde(default)]
    pub replaced: Vec<String>,
    pub instead: Option<Instead>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instead {
    pub ran: String,
}

impl DocumentedCommandView {
    /// `None` for samples of other checks, and for trials: sabotages are reported elsewhere.
    pub(super) fn of(check: &str, sample: &Sample) -> Option<Self> {
        if check.contains(MARK) {
            return None;
        }
        let command = serde_json::from_value(sample.facts.clone()).ok()?;
        Some(Self { check: check.to_owned(), command })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn view(check: &str, facts: Value) -> Option<DocumentedCommandView> {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        DocumentedCommandView::of(
            check,
            &Sample { at, facts, source: "direct".to_owned(), evidence: Vec::new(), problem: None },
        )
    }

    #[test]
    fn a_sample_with_a_class_is_a_command() {
        let view = view("docs/a#b", json!({"printed": "ls", "class": "broken", "exit": 1, "instead": {"ran": "dir"}}))
            .unwrap();
        assert_eq!((view.command.class.as_str(), view.command.instead.unwrap().ran.as_str()), ("broken", "dir"));
    }

    #[test]
    fn other_samples_and_trials_are_no_commands() {
        assert_eq!(view("docs/a#b", json!({"class": "broken"})), None);
        assert_eq!(view("docs/a!c#b", json!({"printed": "ls", "class": "broken"})), None);
    }
}
