//! An end-to-end conformance harness for mutual TLS on Kubernetes.
//!
//! Data flows one way: [`scenario`] files are planned, run against a world, recorded as [`evidence`], judged, reported.

pub mod catalogue;
pub mod evidence;
pub mod scenario;
