//! Observes as often as the time quantifier of a step requires.
//!
//! It only decides when to stop. `verdict` judges the recorded observations later.

use std::time::{Duration, Instant};

use mtls_core::{duration::spell_duration, expectation::Quantifier, scenario::model::Step};
use mtls_engine::wait::pause;

use super::{
    context::{Context, Observation},
    error::StepError,
};

/// Time between two observations of an `eventually`, a `wait` or a confirmation.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Observes, records every observation, and stops when the quantifier is decided or its time is over.
pub(super) async fn sample(
    context: &Context<'_>,
    step: &Step,
    mut observe: impl AsyncFnMut() -> Result<Observation, StepError>,
) {
    let started = Instant::now();
    let mut in_a_row = 0;
    loop {
        let outcome = tokio::time::timeout(step.timeout, observe())
            .await
            .unwrap_or_else(|_| Err(StepError(format!("no answer within {}", spell_duration(step.timeout)))));
        let holds = match outcome {
            Ok(observation) => {
                let holds = step.expect.mismatches(&observation.facts).is_empty();
                context.observed(context.check_id(step), observation);
                holds
            }
            Err(error) => {
                context.observation_failed(context.check_id(step), &error);
                // `eventually` goes on after a failed observation; for any other quantifier the check is `broken`.
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

/// The pause between observations: short enough for `samples` in `hold`, with a third of the time left for the
/// observations.
fn pace_of(hold: Duration, samples: u32) -> Duration {
    (hold * 2 / (3 * samples.max(1))).min(Duration::from_secs(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_leaves_time_for_the_observations() {
        assert!(pace_of(Duration::from_secs(30), 10) * 10 < Duration::from_secs(30));
        assert_eq!(pace_of(Duration::from_secs(600), 1), Duration::from_secs(2));
    }
}
