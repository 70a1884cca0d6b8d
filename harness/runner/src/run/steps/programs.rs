//! `exec` and `misconfigure`: changes that are not changes of a Kubernetes object.

use std::time::Duration;

use mtls_core::scenario::model::{Exec, Misconfigure, Step};
use mtls_kubernetes::spell_code;

use super::rules;
use crate::{
    run::{context::Context, error::StepError, undo::Undo},
    stack::workload,
    world::World,
};

/// Time limit of one program in a pod.
const EXEC_LIMIT: Duration = Duration::from_secs(60);

pub(crate) async fn exec(context: &Context<'_>, step: &Step, exec: &Exec) -> Result<(), StepError> {
    let undo = if exec.undo.is_empty() {
        Undo::SelfHealing(format!("{}/{}", exec.namespace, exec.selector))
    } else {
        Undo::Exec(Exec { command: exec.undo.clone(), undo: Vec::new(), ..exec.clone() })
    };
    context.will_undo(&step.id, undo).await?;
    let (code, output) = run(context.world, exec).await?;
    if code == Some(0) {
        Ok(())
    } else {
        Err(StepError(format!("`{}` ended {}: {output}", exec.command.join(" "), spell_code(code))))
    }
}

/// Runs the program that undoes a change. Its exit code does not matter: it also fails when there is nothing to undo,
/// and other checks show that the effect is gone.
pub(crate) async fn undo(world: &World, exec: &Exec) -> Result<(), StepError> {
    run(world, exec).await.map(|_| ())
}

pub(crate) async fn weaken(context: &Context<'_>, step: &Step, weaken: &Misconfigure) -> Result<(), StepError> {
    if !weaken.client.is_empty() {
        let before = context.world.client_faults(&weaken.client).map_err(|error| StepError::of(&error))?;
        context.will_undo(&step.id, Undo::Faults(before)).await?;
    }
    if let Some(fault) = &weaken.rules {
        context.will_undo(&step.id, Undo::Rules(fault.file.clone())).await?;
        rules::weaken(context, fault)?;
    }
    if let Some(fault) = &weaken.workload {
        let member = context.member(&fault.of)?;
        context.will_undo(&step.id, Undo::Workload(Box::new(member.clone()))).await?;
        let variables = workload::fault_variables(fault);
        context.world.set_workload_faults(member, &variables).await.map_err(|error| StepError::of(&error))?;
    }
    Ok(())
}

async fn run(world: &World, exec: &Exec) -> Result<(Option<i32>, String), StepError> {
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
