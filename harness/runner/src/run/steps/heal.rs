//! `heal`: undoes the changes of a fault.

use std::collections::BTreeMap;

use mtls_core::scenario::{model::Step, verbs::heal::HealSpec};

use super::{Execute, Unjudged, observes_nothing, undo};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

impl Execute for HealSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, _: &Step) -> Result<(), StepError> {
        let id = &self.0;
        undo::undo_changes(context, Some(id)).await?;
        context.mark("faults", format!("{id} healed"), jiff::Timestamp::now(), None, BTreeMap::new());
        Ok(())
    }
}
