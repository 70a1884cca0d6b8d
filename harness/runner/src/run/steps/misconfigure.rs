//! `misconfigure`: gives a reference program, or a rule for alerts, faults.

use mtls_core::scenario::{model::Step, verbs::misconfigure::MisconfigureSpec};

use super::{Execute, Unjudged, observes_nothing, rules};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
        undo::Undo,
    },
    stack::workload,
};

impl Execute for MisconfigureSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        if !self.client.is_empty() {
            let before = context.world.client_faults(&self.client).map_err(|error| StepError::of(&error))?;
            context.will_undo(&step.id, Undo::Faults(before)).await?;
        }
        if let Some(fault) = &self.rules {
            context.will_undo(&step.id, Undo::Rules(fault.file.clone())).await?;
            rules::weaken(context, fault)?;
        }
        if let Some(fault) = &self.workload {
            let member = context.member(&fault.of)?;
            context.will_undo(&step.id, Undo::Workload(Box::new(member.clone()))).await?;
            let variables = workload::fault_variables(fault);
            context.world.set_workload_faults(member, &variables).await.map_err(|error| StepError::of(&error))?;
        }
        Ok(())
    }
}
