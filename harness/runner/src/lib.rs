//! An end-to-end conformance harness for mutual TLS on Kubernetes.
//!
//! Data flows one way: the harness plans scenarios, runs them against a [`world`], records evidence, judges that record
//! and reports the verdicts. This crate has what touches a world; plans, verdicts and reports are `mtls_core`.

pub mod cluster;
pub mod corpus;
pub mod differential;
pub mod run;
pub mod stack;
pub mod traffic;
pub mod world;
