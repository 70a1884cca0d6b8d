//! A case file put to a target: what to ask the reference client for, and what its answers say about which case.
//!
//! In: cases, a CA that the target trusts, where the target is. Out: jobs; and from their result lines, facts per case. Jobs
//! are carried to the client by `run`, and facts are judged by `verdict`: no I/O here.

mod hostile_client;
mod hostile_server;
mod interleave;
mod material;

pub use hostile_client::{Endpoint, attempts, samples};
pub use hostile_server::{HostileServers, case_of, first_outcomes, servers, sightings, visits};
pub use interleave::{PositiveControl, Turn, controls};
pub use material::Corpus;
