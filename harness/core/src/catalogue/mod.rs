//! The requirements that a run can prove, with stable ids.
//!
//! Read from `scenarios/requirements.yaml`. Which scenario proves what is written in the scenarios, not here. Beside them:
//! waivers, the known failures that a team accepts until a day.

mod requirement;
mod waivers;

pub use requirement::{Catalogue, CatalogueError, Requirement, Source, load, load_beside};
pub use waivers::{Waivers, load_waivers, waivers_schema};
