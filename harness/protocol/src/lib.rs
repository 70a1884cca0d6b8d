//! What the runner and the programs that it starts say to each other: jobs, one JSON line on standard input, and
//! answers, one JSON line each on standard output.
//!
//! `attempts`, `hello`, `serve` and `agent` belong to the probe, which uses these very types, so that neither side can
//! change a format alone. [`client`] is the interface of the examined client, which shares no code with the harness:
//! these types follow its README, and `client`'s tests read the samples that lie beside it.
//!
//! Types only: no runtime, no I/O, no judgement. Whether a job makes sense is checked by the program that runs it.
//! Samples of every job and every answer are in `samples/`; a format that changes changes one of them.

pub mod agent;
pub mod attempts;
pub mod client;
mod encoded;
pub mod hello;
pub mod outcome;
pub mod serve;

pub use encoded::{Encoded, Secret, SecretBytes};
