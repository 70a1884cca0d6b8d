//! The container engine, and how the harness waits for anything outside its own process.
//!
//! Every call of the engine has a time limit inside. Images and clusters are made elsewhere, by means of this client.

mod engine;
pub mod wait;

pub use engine::{Engine, EngineError, Executed, last_lines, request};
