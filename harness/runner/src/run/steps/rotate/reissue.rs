//! Reissues the certificate of a participant and swaps it into its files, in a world that issues certificates itself.

use std::time::{Duration, Instant};

use mtls_core::{
    expectation::matching::parse_duration,
    scenario::{model::Step, verbs::rotate::RotateSpec},
};
use mtls_engine::wait::pause;

use super::Seen;
use crate::run::{
    context::{Context, Observation},
    error::StepError,
    steps::inspect::leaf,
    undo::Undo,
};

/// Pause after each renewal: a program that checks its files every second has used each certificate by then.
const BETWEEN: Duration = Duration::from_millis(2_500);

pub(super) async fn observe(
    context: &Context<'_>,
    step: &Step,
    rotate: &RotateSpec,
    of: &str,
) -> Result<Observation, StepError> {
    let member = context.member(of)?;
    // The loader has checked that it is a duration.
    let lifetime = rotate.lifetime.as_deref().and_then(parse_duration);
    context.will_undo(&step.id, Undo::Leaf(Box::new(member.clone()))).await?;
    let started = Instant::now();
    let mut observed = Seen::default();
    for _ in 0..rotate.times {
        let pem = context.world.reissue(member, lifetime).map_err(|error| StepError::of(&error))?;
        observed.take(context, "files", of, &leaf(pem.as_bytes(), of)?)?;
        pause(BETWEEN).await;
    }
    let mut facts = observed.facts(started.elapsed());
    // Unlike in a watched Secret, the first certificate is a renewal as well.
    facts["renewals"] = serde_json::json!(observed.serials.len());
    Ok(Observation { facts, source: "direct", evidence: observed.evidence(context) })
}
