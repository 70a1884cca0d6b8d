//! Support windows: until when a party fixes the examined versions, and the verdict on a version on a given day.
//!
//! Input: rows of `stack.yaml` (or of a record), the examined versions, and a day. Output: one verdict per version and
//! party that supports it, in words that every report and `doctor` share.
//!
//! Deliberately not here: which programs run where (`stack::support` recognises them), the clock (the caller passes the
//! day), and network access: a row records its source and the day on which it was read.

mod examined;
mod judge;
mod row;
mod series;
mod verdict;
mod written;

pub use examined::{Examined, Tally};
pub use judge::{CONFIRMED_DAYS, judge, of_record};
pub use row::{Party, Promise, Row};
pub use series::Series;
pub use series::bare;
pub use verdict::{State, Support, SupportVerdict};

/// The key of the `environment` event under which the examined versions are recorded with their rows.
pub const TOPIC: &str = "support";
