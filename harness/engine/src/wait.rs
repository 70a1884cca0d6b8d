//! Waits for a condition with a time limit and keeps the last observed state for the error.
//!
//! The only module that sleeps. A wait never decides a verdict: a timeout is an error that names the awaited condition.

use std::time::{Duration, Instant};

use mtls_core::duration::spell_duration;

/// The result of one check of a condition.
#[derive(Clone, Debug)]
pub enum Check<T> {
    Ready(T),
    /// The observed state; the timeout error quotes it.
    NotYet(String),
    /// The condition can no longer become true, for this reason; the wait ends at once.
    Permanent(String),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum WaitError {
    #[error("{what} not reached within {}; last seen: {last}", spell_duration(*.limit))]
    TimedOut { what: String, limit: Duration, last: String },
    #[error("{what} can no longer be reached: {why}")]
    Permanent { what: String, why: String },
}

/// Calls `check` every `interval` until it returns [`Check::Ready`] or [`Check::Permanent`], for at most `limit`. The
/// limit also ends a call that hangs.
///
/// # Errors
///
/// [`WaitError`] names the condition and the last observed state.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    interval: Duration,
    mut check: impl AsyncFnMut() -> Check<T>,
) -> Result<T, WaitError> {
    let started = Instant::now();
    let mut last = "nothing yet".to_owned();
    loop {
        let remaining = limit.saturating_sub(started.elapsed());
        let timed_out = |last: String| WaitError::TimedOut { what: what.to_owned(), limit, last };
        match tokio::time::timeout(remaining, check()).await {
            Err(_) => return Err(timed_out(last)),
            Ok(Check::Ready(value)) => return Ok(value),
            Ok(Check::Permanent(why)) => return Err(WaitError::Permanent { what: what.to_owned(), why }),
            Ok(Check::NotYet(state)) => last = state,
        }
        if started.elapsed() + interval >= limit {
            return Err(timed_out(last));
        }
        pause(interval).await;
    }
}

/// Sleeps between two checks. It only sets the pace and never proves that something has happened.
pub async fn pause(interval: Duration) {
    tokio::time::sleep(interval).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_timeout_names_the_last_state() {
        let result = until::<()>("pod ready", Duration::from_millis(60), Duration::from_millis(10), async || {
            Check::NotYet("phase Pending".to_owned())
        })
        .await;
        assert_eq!(result.unwrap_err().to_string(), "pod ready not reached within 60ms; last seen: phase Pending");
    }

    #[tokio::test]
    async fn the_limit_ends_a_check_that_hangs() {
        let result = until::<()>("answer", Duration::from_millis(50), Duration::from_millis(10), async || {
            std::future::pending().await
        })
        .await;
        assert!(matches!(result, Err(WaitError::TimedOut { .. })));
    }

    #[tokio::test]
    async fn a_permanent_failure_ends_the_wait() {
        let result = until::<()>("job", Duration::from_secs(60), Duration::from_secs(1), async || {
            Check::Permanent("failed".to_owned())
        })
        .await;
        assert_eq!(result.unwrap_err().to_string(), "job can no longer be reached: failed");
    }
}
