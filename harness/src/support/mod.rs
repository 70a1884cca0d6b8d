//! Until when somebody fixes what is examined: the table of support windows, and what it says of a version on a day.
//!
//! Input: rows of `stack.yaml` (or of a record), the versions that were examined, and a day. Output: one verdict per version and
//! party that supports it, in words that every report and `doctor` share.
//!
//! Deliberately not here: which programs run where (`stack::support` recognises them), the clock (the caller names the day), and
//! any look at the network: a row says what was read, where and when.

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
pub(crate) use series::bare;
pub use verdict::{State, Support, SupportVerdict};

/// The fact of the `environment` event under which examined versions stand with their rows.
pub const TOPIC: &str = "support";
