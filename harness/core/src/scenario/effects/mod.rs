//! Which effects of steps a run may have. The effects themselves are stated by the verbs.

mod permissions;

pub use super::verbs::effects::{Change, Credential, Effects, Process};
pub use permissions::{Allowance, Need, Permissions};

#[cfg(test)]
mod tests;
