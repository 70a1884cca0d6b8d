//! What a check demands of the facts it observes, for how long, and whether facts meet it.
//!
//! [`Expectations`] are what scenario files, the plan of a run and the judge share: the data, the comparison ([`matching`]) and the
//! closed set of [`outcome`]s. Pure: no clock, no file. How a demand is written in a file is the business of `scenario`, and what
//! a mismatch means for a verdict that of `verdict`.

pub mod matching;
mod model;
pub mod outcome;

pub use model::{Expectation, Expectations, Matcher, Mismatch, Operator, Quantifier};
