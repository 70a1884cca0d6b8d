//! Counts and values as text, in messages of the linter and in reports.
//!
//! Lengths of time are in `duration`. Nothing here knows a format, such as Markdown or HTML.

use std::fmt::Display;

use serde_json::Value;

/// `1 check`, `3 checks`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// A text without quotes, and any other value as JSON.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
