//! Presents a case file to a target: the jobs for the probe and the reference client, and the facts per case from their
//! answers.
//!
//! Input: cases, a CA that the target trusts, and the target's address. Output: jobs, and from their result lines facts
//! per case. No I/O here: `run` sends the jobs to the programs, and `verdict` judges the facts.

mod hostile_client;
mod hostile_server;
mod interleave;
mod material;

pub use hostile_client::{Endpoint, attempts, samples};
pub use hostile_server::{HostileServers, case_of, first_outcomes, server_samples, servers, visits};
pub use interleave::{PositiveControl, Turn, controls};
pub use material::Corpus;
