//! The requirements that a run can prove, with stable ids.
//!
//! Read from `scenarios/requirements.yaml`. Which scenario proves what is written in the scenarios, not here.

mod requirement;

pub use requirement::{Catalogue, CatalogueError, Requirement, Source, load, load_beside};
