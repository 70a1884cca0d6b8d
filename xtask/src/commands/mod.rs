//! One file per command.

pub(crate) mod bench;
pub(crate) mod certify;
pub(crate) mod clean;
pub(crate) mod compare;
pub(crate) mod corpus;
pub(crate) mod differential;
pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod e2e;
pub(crate) mod images;
pub(crate) mod judge;
pub(crate) mod kubectl;
pub(crate) mod lint;
pub(crate) mod migrate;
pub(crate) mod new;
pub(crate) mod nightly;
mod node_image;
pub(crate) mod prove;
pub(crate) mod provision;
pub(crate) mod repair;
pub(crate) mod report;
mod scenarios;
mod source;
mod stages;
pub(crate) mod tidy;
pub(crate) mod up;
pub(crate) mod verify;
