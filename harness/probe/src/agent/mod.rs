//! A fake Workload API for tests of clients: it answers as its job specifies, and records each call.
//!
//! Only the protocol is real: no client is attested, nothing is issued or renewed.

mod answers;
mod run;
pub mod wire;

pub use answers::check;
pub use run::Agent;
