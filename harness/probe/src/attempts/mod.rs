//! Attempts at a server, as a job describes them: one line per exchange, whatever came of it.

mod check;
mod exchange;
mod run;
mod transport;

pub use check::check;
pub use run::{run_attempt, run_attempts};
pub(crate) use transport::protocol_versions;
