//! From a client's report of one attempt to an outcome and its facts.
//!
//! Input: the JSON line of the probe or the reference client and, for a server with a sidecar, the sidecar's access log.
//! Output: facts with an outcome of the closed set. Pure. The program reaches the server, inside the world; `verdict`
//! judges.

mod classify;
mod cross_check;

pub use classify::{classify, facts};
pub use cross_check::{BY_REQUEST, Caller, LogView, log_view};
