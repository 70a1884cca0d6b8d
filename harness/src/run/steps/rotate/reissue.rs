//! Certificates that the world itself signs and swaps into the files of a member.

use std::time::{Duration, Instant};

use super::Seen;
use crate::{
    expectation::matching::parse_duration,
    run::{
        context::{Context, Observation},
        error::StepError,
        steps::inspect::leaf,
        undo::Undo,
    },
    scenario::model::{Rotate, Step},
    wait::pause,
};

/// From one renewal to the next, and after the last: whoever looks at files every second has used each.
const BETWEEN: Duration = Duration::from_millis(2_500);

pub(super) async fn observe(
    context: &Context<'_>,
    step: &Step,
    rotate: &Rotate,
    of: &str,
) -> Result<Observation, StepError> {
    let member = context.member(of)?;
    // The loader has checked that it is a duration.
    let lifetime = rotate.lifetime.as_deref().and_then(parse_duration);
    context.will_undo(&step.id, Undo::Leaf(Box::new(member.clone()))).await?;
    let started = Instant::now();
    let mut seen = Seen::default();
    for _ in 0..rotate.times {
        let pem = context.world.reissue(member, lifetime).map_err(|error| StepError::of(&error))?;
        seen.take(context, "files", of, &leaf(pem.as_bytes(), of)?)?;
        pause(BETWEEN).await;
    }
    let mut facts = seen.facts(started.elapsed());
    // Unlike a Secret, which was there before, every one of these is a renewal.
    facts["renewals"] = serde_json::json!(seen.serials.len());
    Ok(Observation { facts, source: "direct", evidence: seen.evidence(context) })
}
