//! Runs scenarios against a world and records what happens.
//!
//! Input: checked scenarios, a plan, a world. Output: events and evidence, nothing else: whether a check passed is
//! computed afterwards from the record. Every change to the world registers its inverse before it is made.

mod bring_up;
mod context;
mod execute;
mod folder;
mod leaks;
mod look;
mod observe;
mod recorder;
mod schedule;
mod session;
mod steps;
mod stop;
mod territory;

pub use execute::execute;
pub use folder::{Hold, Runs, RunsError};
pub use recorder::{Recorder, chain};
pub use schedule::run_all;
pub use session::{SessionError, SessionRequest, put_away, run_id, session};
pub use stop::{Stop, stop_on_interrupt};
