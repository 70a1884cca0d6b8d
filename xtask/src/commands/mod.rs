//! One file per command.

pub(crate) mod clean;
pub(crate) mod down;
pub(crate) mod e2e;
pub(crate) mod kubectl;
pub(crate) mod lint;
pub(crate) mod report;
pub(crate) mod up;
