//! Control, cases, control: a refusal says something only while a good certificate gets in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::scenario::cases::{Case, CaseFile, TargetKind};

/// One round of attempts, part of every attempt's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Before,
    Cases,
    After,
}

/// What became of the controls of a target, before and after: case id to outcome.
#[derive(Clone, Debug, Default)]
pub struct PositiveControl {
    pub before: BTreeMap<String, String>,
    pub after: BTreeMap<String, String>,
}

/// The controls that these cases need, each once.
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
    /// The facts of a case's control, to stand beside the case's own.
    pub fn facts(&self, case: &Case) -> Value {
        let Some(control) = &case.control else { return Value::Null };
        json!({"case": control, "before": self.before.get(control), "after": self.after.get(control)})
    }
}
