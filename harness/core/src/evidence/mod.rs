//! The record of a run: an append-only event log, the plan lock and content-addressed files.
//!
//! Written while running, read by the judge and the renderers. Nothing here decides anything.

mod chain;
pub mod control;
pub mod digest;
pub mod event;
pub mod file;
pub mod flaw;
pub mod lock;
pub mod log;
pub mod plan;
pub mod record;
pub mod secret;
pub mod store;
pub mod waiver;

pub use digest::sha256;
