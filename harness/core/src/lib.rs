//! The pure half of the harness: scenarios, evidence, verdicts and reports.
//!
//! Input: files (scenarios, the catalogue, a record of a run). Output: a plan, verdicts, reports, problems with a place.
//! No process, socket or cluster is reachable from here: this crate depends neither on an asynchronous runtime nor on
//! a client of a cluster or of a container engine.

mod api_version;
pub mod catalogue;
pub mod certificate;
pub mod duration;
pub mod evidence;
pub mod expectation;
pub mod probe;
pub mod report;
pub mod sarif;
pub mod scenario;
pub mod store;
pub mod support;
pub mod text;
pub mod verdict;
pub mod yaml;
