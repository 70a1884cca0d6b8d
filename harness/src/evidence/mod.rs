//! The record of a run: an append-only event log and content-addressed files.
//!
//! Written while running, read by the judge and the renderers. Nothing here decides anything.

pub mod event;
pub mod log;
pub mod plan;
pub mod secret;
pub mod store;
