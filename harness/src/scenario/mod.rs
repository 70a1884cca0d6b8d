//! Scenario files: from YAML to checked values that know their line.
//!
//! [`load`] and [`load_all`] read documents of the shape that [`schema`] describes; [`model`] is what the runner sees.
//! Nothing here runs a step or judges a fact beyond saying whether it matches.

pub mod expectation;
mod interpolate;
mod load;
pub mod matching;
pub mod model;
pub mod outcome;
mod raw;
mod resolve;
pub mod yaml;

pub use load::{ScenarioError, load, load_all};
pub use raw::schema;
