//! An end-to-end conformance harness for mutual TLS on Kubernetes.
//!
//! Data flows one way: the harness plans [`scenario`] files, runs them against a [`world`], records [`evidence`],
//! judges that record and reports the verdicts.

mod api_version;
pub mod catalogue;
pub mod cluster;
pub mod corpus;
pub mod duration;
pub mod evidence;
pub mod expectation;
pub mod images;
pub mod kubernetes;
pub mod pki;
pub mod probe;
pub mod report;
pub mod run;
pub mod scenario;
pub mod stack;
pub mod support;
pub mod traffic;
pub mod verdict;
pub mod wait;
pub mod world;
pub mod yaml;
