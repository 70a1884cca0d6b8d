//! `exec`: runs a program in a pod.

use std::time::Duration;

use mtls_core::scenario::{
    model::{PodProgram, Step},
    verbs::exec::ExecSpec,
};
use mtls_kubernetes::spell_code;

use super::{Execute, Unjudged, observes_nothing};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
        undo::Undo,
    },
    world::World,
};

/// Time limit of one program in a pod.
const EXEC_LIMIT: Duration = Duration::from_secs(60);

impl Execute for ExecSpec {
    const UNJUDGED: Unjudged = Unjudged::Performed;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        let exec = &self.0;
        let undo = if exec.undo.is_empty() {
            Undo::SelfHealing(format!("{}/{}", exec.namespace, exec.selector))
        } else {
            Undo::Exec(PodProgram { command: exec.undo.clone(), undo: Vec::new(), ..exec.clone() })
        };
        context.will_undo(&step.id, undo).await?;
        let (code, output) = run(context.world, exec).await?;
        if code == Some(0) {
            Ok(())
        } else {
            Err(StepError(format!("`{}` ended {}: {output}", exec.command.join(" "), spell_code(code))))
        }
    }
}

/// Runs the program that undoes a change. Its exit code does not matter: it also fails when there is nothing to undo,
/// and other checks show that the effect is gone.
pub(super) async fn undo(world: &World, exec: &PodProgram) -> Result<(), StepError> {
    run(world, exec).await.map(|_| ())
}

async fn run(world: &World, exec: &PodProgram) -> Result<(Option<i32>, String), StepError> {
    let kube = world.kube().map_err(|error| StepError::of(&error))?;
    let pod = kube.ready_pod(&exec.namespace, &exec.selector).await.map_err(|error| StepError::of(&error))?;
    let pod = pod.and_then(|pod| pod.metadata.name);
    let pod = pod.ok_or_else(|| StepError(format!("no ready pod of {} in {}", exec.selector, exec.namespace)))?;
    let command: Vec<&str> = exec.command.iter().map(String::as_str).collect();
    let output = kube.exec(&exec.namespace, &pod, &exec.container, &command, b"", EXEC_LIMIT).await;
    let output = output.map_err(|error| StepError::of(&error))?;
    let text: String = output.stderr.trim().chars().chain(output.stdout.trim().chars()).take(400).collect();
    Ok((output.code, text))
}
