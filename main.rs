//! The workload on loopback: whom it believes, what it answers, how it stops.

mod answers;
mod callers;
mod program;
mod receiver;
#[path = "../../../client/tests/loopback/support/mod.rs"]
#[expect(dead_code, reason = "the client's tests use the rest of it")]
mod support;
