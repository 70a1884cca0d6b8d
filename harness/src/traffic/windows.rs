//! Times in which requests went wrong.

use jiff::{SignedDuration, Timestamp};

use super::lines::Request;

/// Losses that lie closer together than this are one outage.
const APART: SignedDuration = SignedDuration::from_secs(1);

/// From the first request that went wrong to the time at which the next one after the last was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub until: Timestamp,
    pub requests: usize,
}

impl Window {
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.until.duration_since(self.from).as_millis()).unwrap_or_default()
    }
}

/// `interval` is the time from one request to the next.
pub(super) fn windows(requests: &[Request], interval: SignedDuration) -> Vec<Window> {
    let mut wrong: Vec<Timestamp> =
        requests.iter().filter(|request| request.went_wrong()).map(|request| request.scheduled).collect();
    wrong.sort();
    let mut windows: Vec<Window> = Vec::new();
    for at in wrong {
        let until = at.checked_add(interval).unwrap_or(at);
        match windows.last_mut() {
            Some(open) if at.duration_since(open.until) < APART => {
                open.until = until;
                open.requests += 1;
            }
            _ => windows.push(Window { from: at, until, requests: 1 }),
        }
    }
    windows
}
