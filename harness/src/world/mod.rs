//! Where scenarios run: a Kubernetes of ours, or one that the user already has.
//!
//! Input: what the command line asked for. Output: a [`World`] that is up, with what it offers and what it is made of.
//! The runner asks it for pods and addresses, so that a scenario never names one.

mod choose;
mod existing;
mod kind;
mod members;

use std::collections::BTreeSet;

use crate::{kubernetes::Kube, stack::Trees};

pub use choose::{Choice, ChoiceError, Wanted, choose};
pub use existing::{ExistingError, attach};
pub use kind::{KindError, KindRequest, KindWorld, Reuse, kind_features, up};
pub use members::MemberError;

/// A running system under test.
#[derive(Clone, Debug)]
pub struct World {
    /// `kind` or `existing`.
    pub name: &'static str,
    /// One line: which cluster, how it came to be.
    pub detail: String,
    pub kube: Kube,
    /// What scenarios may need, such as `spire`.
    pub features: BTreeSet<String>,
    /// Trees that a scenario may apply; none in a cluster that is not ours.
    pub trees: Option<Trees>,
    /// Whether scenarios may change it.
    pub changes: Changes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    Allowed,
    /// Only scenarios whose isolation is `shared`.
    ReadOnly,
}
