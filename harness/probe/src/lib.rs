//! What the harness examines with: attempts at servers, hand-written hellos, a hostile server and a fake Workload API.
//!
//! The examined client and workload (`fixtures/`) share no code with it: connections, certificates and keys are read
//! here by code of its own, and the Workload API is spoken by hand ([`agent`]). The formats are [`mtls_protocol`].
//!
//! A probe observes. It has no identity of its own, no faults, no retry, and it judges nothing.

pub mod agent;
pub mod attempts;
pub mod certificate;
pub mod connection;
pub mod hello;
pub mod job;
pub mod material;
pub mod serve;
