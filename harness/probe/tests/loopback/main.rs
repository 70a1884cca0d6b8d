//! The probe against real and hostile servers on loopback. No network beyond it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod endings;
mod follow_ups;
mod hello;
mod hostile;
mod program;
mod raw;
mod servers_refused;
#[expect(dead_code, reason = "these tests use a part of what the examined programs' tests share")]
#[path = "../../../../fixtures/client/tests/loopback/support/mod.rs"]
mod support;
