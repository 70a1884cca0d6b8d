//! Windows in which requests were lost or failed.

use jiff::{SignedDuration, Timestamp};

use super::lines::Request;

/// Losses with a smaller gap than this belong to one window.
const MAX_GAP: SignedDuration = SignedDuration::from_secs(1);

/// From the first request that was lost or failed to the scheduled time of the request after the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub until: Timestamp,
    pub requests: usize,
}

impl Window {
    /// Length of the window.
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.until.duration_since(self.from).as_millis()).unwrap_or_default()
    }
}

/// Groups lost and failed requests into windows. `interval` is the time from one request to the next.
pub(super) fn windows(requests: &[Request], interval: SignedDuration) -> Vec<Window> {
    let mut wrong: Vec<Timestamp> =
        requests.iter().filter(|request| request.went_wrong()).map(|request| request.scheduled).collect();
    wrong.sort();
    let mut windows: Vec<Window> = Vec::new();
    for at in wrong {
        let until = at.checked_add(interval).unwrap_or(at);
        match windows.last_mut() {
            Some(open) if at.duration_since(open.until) < MAX_GAP => {
                open.until = until;
                open.requests += 1;
            }
            _ => windows.push(Window { from: at, until, requests: 1 }),
        }
    }
    windows
}
