//! Runs scenarios against a world and records what happens.
//!
//! Input: checked scenarios, a plan, a world. Output: events and evidence only; `verdict` computes afterwards from the
//! record whether a check passed. A step registers the inverse of a change before it makes the change, and writes a
//! change to a cluster into that cluster first.

mod bring_up;
mod context;
mod error;
mod execute;
mod folder;
mod footprint;
mod journal;
mod leftovers;
mod recorder;
mod repair;
mod request;
mod sampling;
mod schedule;
mod session;
mod site;
mod state;
mod steps;
mod stop;
#[cfg(test)]
mod tests;
mod undo;

pub use folder::{Hold, Runs, RunsError};
pub use journal::JournalError;
pub use recorder::{Recorder, chain};
pub use repair::{Pending, RepairError, accept, pending, repair};
pub use request::{Record, SessionRequest, What, Where, run_id};
pub use schedule::execute_alone;
pub use session::{SessionError, session};
pub use site::{Afterwards, Keep, Site, SiteError};
pub use stop::{Stop, stop_on_interrupt};
