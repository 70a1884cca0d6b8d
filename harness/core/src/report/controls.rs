//! Requirements by control of a security framework: evidence toward each control, for an assessor.
//!
//! A control has the worst verdict of the requirements that are mapped to it and that the run examined. Which ones were
//! not examined is listed: their control rests on the others alone. Nothing here says that a control is met.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    evidence::control::Control,
    verdict::{RequirementVerdict, Unexamined, Verdict, worst},
};

/// The evidence of a run toward one control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ControlView {
    pub id: Control,
    pub framework: String,
    pub title: String,
    /// The worst verdict of the examined requirements; `vacuous` when none was examined.
    pub verdict: Verdict,
    /// The number of examined requirements that pass.
    pub passed: usize,
    pub requirements: Vec<String>,
    pub unexamined: Vec<String>,
}

/// The controls that the catalogue of the run names.
pub(super) fn controls(requirements: &[RequirementVerdict], unexamined: &[Unexamined]) -> Vec<ControlView> {
    let view = |control: &Control| {
        let examined: Vec<_> = requirements.iter().filter(|one| one.controls.contains(control)).collect();
        let rest = unexamined.iter().filter(|one| one.controls.contains(control));
        ControlView {
            id: *control,
            framework: control.framework().to_owned(),
            title: control.title().to_owned(),
            verdict: worst(examined.iter().map(|one| one.verdict)),
            passed: examined.iter().filter(|one| one.verdict == Verdict::Pass).count(),
            requirements: examined.iter().map(|one| one.id.clone()).collect(),
            unexamined: rest.map(|one| one.id.clone()).collect(),
        }
    };
    let views = Control::ALL.iter().map(view);
    views.filter(|view| !view.requirements.is_empty() || !view.unexamined.is_empty()).collect()
}

/// `SC-8(1), IA-3(1)`.
pub(super) fn words(controls: &[Control]) -> String {
    controls.iter().map(|control| control.word()).collect::<Vec<_>>().join(", ")
}
