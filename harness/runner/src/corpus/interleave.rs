//! Positive controls before and after the cases: a refusal counts only while a valid certificate is let in.

use std::collections::BTreeMap;

use mtls_core::scenario::cases::{Case, CaseFile, TargetKind};
use serde_json::{Value, json};

/// One round of attempts, part of every attempt's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Before,
    Cases,
    After,
}

/// The outcomes of a target's positive controls, before and after the cases, by case id.
#[derive(Clone, Debug, Default)]
pub struct PositiveControl {
    pub before: BTreeMap<String, String>,
    pub after: BTreeMap<String, String>,
}

/// The positive controls that these cases need, each once.
pub fn controls<'a>(file: &'a CaseFile, cases: &[&Case], kind: TargetKind) -> Vec<&'a Case> {
    let named = |control: &&Case| cases.iter().any(|case| case.control.as_deref() == Some(&control.id));
    file.cases.iter().filter(|case| case.expect.contains_key(&kind)).filter(named).collect()
}

impl Turn {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Cases => "case",
            Self::After => "after",
        }
    }
}

impl PositiveControl {
    /// The facts of a case's control, for the key `control` of the case's facts; null for a case without one.
    pub fn facts(&self, case: &Case) -> Value {
        let Some(control) = &case.control else { return Value::Null };
        json!({"case": control, "before": self.before.get(control), "after": self.after.get(control)})
    }
}
