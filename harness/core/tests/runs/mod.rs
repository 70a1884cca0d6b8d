//! Canned runs: event logs written by hand, stored as `<name>.jsonl` beside this file.

pub(crate) mod builder;
pub(crate) mod canned;
pub(crate) mod cases;
pub(crate) mod certificates;
pub(crate) mod comparisons;
pub(crate) mod damage;
pub(crate) mod environment;
pub(crate) mod first_screen;
pub(crate) mod folder;
pub(crate) mod formats;
pub(crate) mod healthy;
pub(crate) mod hostile;
pub(crate) mod live;
pub(crate) mod moved;
pub(crate) mod over_time;
pub(crate) mod plan;
pub(crate) mod proofs;
pub(crate) mod properties;
pub(crate) mod repeats;
pub(crate) mod requirements;
pub(crate) mod support;
pub(crate) mod waivers;
