//! Scenario files: from YAML to checked values that know their line.

pub mod expectation;
pub mod matching;
pub mod model;
pub mod outcome;
pub mod yaml;
