//! An end-to-end conformance harness for mutual TLS on Kubernetes.
//!
//! Data flows one way: [`scenario`] files are planned, run against a world, recorded as [`evidence`], judged, reported.

pub mod evidence;
pub mod report;
pub mod scenario;
pub mod verdict;
