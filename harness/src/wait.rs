//! Waiting for a condition, with a limit and a memory of what was last seen.
//!
//! The only place that sleeps. A wait never decides a verdict: running out of time is an error that says what was awaited.

use std::time::{Duration, Instant};

use crate::duration::spell_duration;

/// One look at a condition.
#[derive(Clone, Debug)]
pub enum Check<T> {
    Ready(T),
    /// What was seen instead; shown when the limit is reached.
    NotYet(String),
    /// It cannot become true any more: no point in waiting on.
    Permanent(String),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum WaitError {
    #[error("{what} not reached within {}; last seen: {last}", spell_duration(*.limit))]
    TimedOut { what: String, limit: Duration, last: String },
    #[error("{what} can no longer be reached: {why}")]
    Permanent { what: String, why: String },
}

/// Looks every `interval` until ready, hopeless, or `limit` is over; a look that itself hangs counts against the limit.
///
/// # Errors
///
/// [`WaitError`] names the condition and what was last seen.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    interval: Duration,
    mut look: impl AsyncFnMut() -> Check<T>,
) -> Result<T, WaitError> {
    let started = Instant::now();
    let mut last = "nothing yet".to_owned();
    loop {
        let remaining = limit.saturating_sub(started.elapsed());
        let timed_out = |last: String| WaitError::TimedOut { what: what.to_owned(), limit, last };
        match tokio::time::timeout(remaining, look()).await {
            Err(_) => return Err(timed_out(last)),
            Ok(Check::Ready(value)) => return Ok(value),
            Ok(Check::Permanent(why)) => return Err(WaitError::Permanent { what: what.to_owned(), why }),
            Ok(Check::NotYet(seen)) => last = seen,
        }
        if started.elapsed() + interval >= limit {
            return Err(timed_out(last));
        }
        pause(interval).await;
    }
}

/// Lets time pass between two looks. For pacing only, never as proof that something has happened.
pub async fn pause(interval: Duration) {
    tokio::time::sleep(interval).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_what_was_last_seen() {
        let result = until::<()>("pod ready", Duration::from_millis(60), Duration::from_millis(10), async || {
            Check::NotYet("phase Pending".to_owned())
        })
        .await;
        assert_eq!(result.unwrap_err().to_string(), "pod ready not reached within 60ms; last seen: phase Pending");
    }

    #[tokio::test]
    async fn a_look_that_hangs_is_cut_off() {
        let result = until::<()>("answer", Duration::from_millis(50), Duration::from_millis(10), async || {
            std::future::pending().await
        })
        .await;
        assert!(matches!(result, Err(WaitError::TimedOut { .. })));
    }

    #[tokio::test]
    async fn gives_up_at_once_when_hopeless() {
        let result = until::<()>("job", Duration::from_secs(60), Duration::from_secs(1), async || {
            Check::Permanent("failed".to_owned())
        })
        .await;
        assert_eq!(result.unwrap_err().to_string(), "job can no longer be reached: failed");
    }
}
