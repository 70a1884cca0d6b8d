//! Builds the images of the stack from source, and the node image that contains them all.
//!
//! Input: `fixtures/stack` (version, source and flags of every component, contents of every image). Output: a node
//! image in the engine whose containerd already has every image unpacked, so that starting a cluster imports nothing.
//!
//! All results are stored in a content-addressed cache: a component is rebuilt only when its declaration, its sources
//! or its tools change.
//!
//! As an alternative, pulls the upstream images by digest and makes the same node image; `supply` decides which.
//!
//! Deliberately absent: Dockerfiles, and registries to push to. Images are written as docker-archives by this module.

mod apt;
mod archive;
mod assemble;
mod build;
mod cache;
mod cargo;
mod command;
mod component;
mod debian;
mod error;
mod export;
mod foreign;
mod golang;
mod held;
mod layer;
mod loaded;
mod model;
mod node;
mod output;
mod plan;
mod preconditions;
mod preload;
mod program;
mod progress;
mod pull;
mod pulled;
mod record;
mod rewrite;
mod selftest;
mod share;
pub mod stack;
mod stream;
mod supply;
mod wheel;

pub use build::build;
pub use cache::default_directory as default_cache_directory;
pub use error::BuildError;
pub use export::{Exported, export};
pub use held::{current, described};
pub use model::{BuildRequest, BuiltStack, Demand, ImageFact, NodeOrigin, Origin};
pub use plan::{Listed, declared, list};
pub use preconditions::{Check, Finding, check_all, check_engine};
pub use program::{cached_program, program};
pub use progress::{Event, Phase, Progress, State};
pub use pull::{NodeBase, PullRequest, pull};
pub use selftest::{Proof, SelftestError, selftest};
pub use stack::{Stack, StackError, StackName};
pub use supply::{Supply, SupplyRequest, Wish, check_registries, decide, supply};
