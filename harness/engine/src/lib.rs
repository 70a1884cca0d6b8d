//! The container engine, and how the harness waits for anything outside its own process.
//!
//! [`Engine`] is the only client of the engine. Every request has a time limit inside, and an error that says what was awaited and for how
//! long. Images and clusters are made elsewhere, by means of this client.

mod client;
mod container;
mod error;
mod exec;
mod image;
mod network;
mod privileges;
#[cfg(test)]
mod tests;
pub mod wait;

/// The settings of a container on its host, in the shape that testcontainers takes too.
pub use bollard::models::{DeviceMapping, HostConfig};
pub use client::Engine;
pub use container::{Labelled, NewContainer};
pub use error::EngineError;
pub use exec::{Executed, last_lines};
pub use image::{Image, Tagged};
pub use privileges::Privileges;
