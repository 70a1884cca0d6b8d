//! A fault: steps that break something, and what shows that it is live and that it is over.

use serde::Serialize;

use super::step::Step;

/// Raw steps, and the proof that they are live. Undone by `heal` or at the end of the scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    pub steps: Vec<Step>,
    pub confirm: Box<Step>,
    /// What holds again after it is undone.
    pub recovered: Option<Box<Step>>,
}

impl Fault {
    /// The steps of the fault, its proof, and what holds after it.
    pub fn every_step(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain([&*self.confirm]).chain(self.recovered.as_deref())
    }
}
