//! Whether facts meet expectations.
//!
//! [`path`] finds values, [`typed`] gives text its meaning (durations, versions, instants), [`matches`] compares.
//! Pure: no clock, no file. What a mismatch means for a verdict is the judge's business.

mod matches;
mod path;
mod typed;

pub use crate::duration::{parse_duration, spell_duration};
pub use path::{Found, lookup};
pub use typed::is_ordered;
