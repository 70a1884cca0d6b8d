//! Scenario files: from YAML to checked values that know their line.
//!
//! [`load`], [`load_all`] and [`load_layers`] read documents of the shape that [`schema`] describes; [`model`] is what the runner sees.
//! Nothing here runs a step or judges a fact beyond saying whether it matches.

pub mod cases;
pub mod check;
mod claims;
mod client_behaviour;
mod core_requirements;
pub mod documented_command;
pub mod effects;
mod error;
pub mod feature;
mod fingerprint;
mod gaps;
mod interpolate;
mod isolation;
pub mod library;
mod load;
mod migrate;
pub mod model;
mod offered;
mod participant;
mod pattern;
mod plan;
mod raw;
mod resolve;
mod resolver;
pub mod rule_tests;
mod select;
pub mod selector;
mod server_port;
mod spelling;
pub mod trees;
pub mod trial;
pub mod verbs;
pub mod wire;

pub use check::{case_id, cell_id, check_id};
pub use core_requirements::{only_core, only_proving};
pub use error::ScenarioError;
pub use gaps::{Gaps, gaps};
pub use load::{Loaded, load, load_all, load_layers};
pub use migrate::{Migration, migrate};
pub use offered::Offered;
pub use pattern::{fits, matches};
pub use plan::{plan, plan_unscripted};
pub use raw::{schema, schema_text};
pub use select::{SelectError, select, select_trials};
