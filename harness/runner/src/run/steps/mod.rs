//! One file per verb: how a step observes the world or changes it.

pub(super) mod alert;
mod attempt;
pub(super) mod cases;
pub(super) mod client_behaviour;
pub(super) mod command;
pub(super) mod envoy_config;
pub(super) mod identity;
pub(super) mod inspect;
pub(super) mod objects;
pub(super) mod probe;
pub(super) mod programs;
pub(super) mod promql;
pub(super) mod proxy_status;
pub(super) mod reapply;
pub(super) mod rotate;
pub(super) mod rules;
pub(super) mod svid;
pub(super) mod traffic;
pub(super) mod trust;
pub(super) mod undo;
