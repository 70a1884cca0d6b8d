//! The system under test: one file per product, and the order of installation.
//!
//! The only folder that knows product names. Input: a kustomize tree rendered inside the node by the real `kubectl`.
//! Output: everything applied and Ready, with the duration per product. Nothing here decides verdicts.

pub mod cert_manager;
pub mod dependencies;
pub mod envoy;
mod facts;
mod install;
pub mod istio;
mod limitations;
pub mod monitoring;
mod order;
pub mod promtool;
pub mod rule_file;
mod settle;
pub mod shell;
mod shown;
mod sources;
pub mod spire;
mod support;
mod trees;
pub mod trust_manager;
pub mod workload;

pub use facts::{LOOPBACK_IN_SHORT, LOOPBACK_LIMITS, environment, origins, unknown_origins};
pub use install::{InstallError, Installation, install};
pub use settle::settled;
pub use sources::{SourceError, Sources};
pub use support::Known;
pub use trees::{TreeError, Trees};
