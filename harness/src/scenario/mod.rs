//! Scenario files: from YAML to checked values that know their line.
//!
//! [`load`] and [`load_all`] read documents of the shape that [`schema`] describes; [`model`] is what the runner sees.
//! Nothing here runs a step or judges a fact beyond saying whether it matches.

pub mod cases;
mod cast;
pub mod check;
mod claims;
mod conduct;
mod core;
pub mod effects;
mod error;
mod facts;
mod fingerprint;
mod gaps;
mod interpolate;
pub mod library;
mod load;
pub mod model;
mod offered;
mod pattern;
mod plan;
pub mod printed;
mod raw;
mod resolve;
mod select;
pub mod selector;
pub mod speech;
pub mod stories;
pub mod trees;
pub mod trial;

pub use check::{case_id, cell_id, check_id};
pub use core::only_core;
pub use error::ScenarioError;
pub use gaps::{Gaps, gaps};
pub use load::{load, load_all};
pub use offered::Offered;
pub use pattern::fits;
pub use plan::{plan, plan_wild};
pub use raw::{schema, schema_text};
pub use select::{SelectError, select, select_trials};
