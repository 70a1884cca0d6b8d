//! From what a client reported about one attempt to an outcome and its facts.
//!
//! Input: the reference client's JSON line and, where a sidecar stood in between, its access log. Output: facts with
//! an outcome of the closed set. Pure. Reaching the server is the client's work inside the world, judging is `verdict`'s.

mod classify;
mod cross_check;

pub use classify::{classify, facts};
pub use cross_check::{BY_REQUEST, Caller, LogView, log_view};
