//! An end-to-end conformance harness for mutual TLS on Kubernetes.
//!
//! Data flows one way: [`scenario`] files are planned, run against a world, recorded as [`evidence`], judged, reported.

<<<<<<< HEAD
pub mod cluster;
=======
pub mod catalogue;
>>>>>>> scenario
pub mod evidence;
pub mod kubernetes;
pub mod pki;
pub mod probe;
pub mod scenario;
pub mod stack;
pub mod verdict;
pub mod wait;
pub mod world;
