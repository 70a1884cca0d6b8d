//! Looking as often as a step's time quantifier demands.
//!
//! Decides only when to stop looking. Whether what was seen is enough is judged later, from the record.

use std::time::{Duration, Instant};

use super::{
    context::{Context, Observation},
    error::StepError,
    observation::POLL_INTERVAL,
};
use crate::{duration::spell_duration, expectation::Quantifier, scenario::model::Step, wait::pause};

/// Looks, records every look, and stops when the quantifier is settled or its time is over.
pub(super) async fn sample(
    context: &Context<'_>,
    step: &Step,
    mut look: impl AsyncFnMut() -> Result<Observation, StepError>,
) {
    let started = Instant::now();
    let mut in_a_row = 0;
    loop {
        let outcome = tokio::time::timeout(step.timeout, look())
            .await
            .unwrap_or_else(|_| Err(StepError(format!("no answer within {}", spell_duration(step.timeout)))));
        let holds = match outcome {
            Ok(look) => {
                let holds = step.expect.mismatches(&look.facts).is_empty();
                context.observed(context.check_id(step), look);
                holds
            }
            Err(trouble) => {
                context.observation_failed(context.check_id(step), &trouble);
                // Under `eventually` a look that failed is a "not yet"; everywhere else it settles the check as ours.
                if !matches!(step.when, Quantifier::Eventually { .. }) {
                    return;
                }
                false
            }
        };
        in_a_row = if holds { in_a_row + 1 } else { 0 };
        let pace = match step.when {
            Quantifier::Once => return,
            Quantifier::Eventually { within, stable } if in_a_row >= stable || started.elapsed() >= within => return,
            Quantifier::Eventually { .. } => POLL_INTERVAL,
            Quantifier::Always { hold, .. } if !holds || started.elapsed() >= hold => return,
            Quantifier::Never { hold, .. } if holds || started.elapsed() >= hold => return,
            Quantifier::Always { hold, samples } | Quantifier::Never { hold, samples } => pace_of(hold, samples),
        };
        pause(pace).await;
    }
}

/// Fast enough for the samples that are owed, with a third to spare for the looks themselves.
fn pace_of(hold: Duration, samples: u32) -> Duration {
    (hold * 2 / (3 * samples.max(1))).min(Duration::from_secs(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_leaves_room_for_the_looks() {
        assert!(pace_of(Duration::from_secs(30), 10) * 10 < Duration::from_secs(30));
        assert_eq!(pace_of(Duration::from_secs(600), 1), Duration::from_secs(2));
    }
}
