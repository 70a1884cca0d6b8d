//! Fingerprints of complaints (SARIF 2.1.0 §3.27.17), by which a code host knows a complaint of an earlier log again.
//!
//! They rest on rule, file, blamed text and message. Numbers of lines are left out, so that lines added above a complaint
//! do not make it a new one; complaints that are the same in all of that are counted.

use std::collections::BTreeMap;

use super::Listed;
use crate::evidence::sha256;

/// Changes when what a fingerprint rests on changes.
pub(super) const KEY: &str = "mtlsProblem/v1";

/// The fingerprints of a log so far.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    used: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of the next complaint.
    pub(super) fn next(&mut self, listed: &Listed) -> String {
        let message = without_line_numbers(&listed.message);
        let basis = [listed.rule, &listed.uri, &listed.blamed, &message].join("\u{0}");
        let digest = sha256(basis.as_bytes());
        let count = self.used.entry(digest.clone()).or_default();
        *count += 1;
        format!("{digest}:{count}")
    }
}

/// Messages name other lines as `line 12`.
fn without_line_numbers(message: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in message.split(' ') {
        let number = word.trim_end_matches(|character: char| !character.is_ascii_digit());
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_of_line = words.last().is_some_and(|before| before.ends_with("line") || before.ends_with("lines"));
        words.push(if is_number && is_of_line { &word[number.len()..] } else { word });
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_lines_are_left_out() {
        let message = "the id is taken in line 12 (the step in line 3), 4 samples";
        assert_eq!(without_line_numbers(message), "the id is taken in line  (the step in line ), 4 samples");
    }
}
