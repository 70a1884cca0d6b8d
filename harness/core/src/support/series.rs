//! A release series, and whether a version belongs to it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `1.21`, `v1.36` or `trixie`. It covers itself and every version that continues it after a dot; a leading `v` is
/// ignored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Series(String);

impl Series {
    /// Whether the version is of this series: `1.1` covers `v1.1.4`, and not `1.11.4`.
    #[must_use]
    pub fn covers(&self, version: &str) -> bool {
        bare(version).strip_prefix(bare(&self.0)).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The number of characters without `v`: of two series that cover a version, the longer one applies.
    pub(super) fn precision(&self) -> usize {
        bare(&self.0).len()
    }
}

impl TryFrom<String> for Series {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_well_formed = text.split('.').all(|part| !part.is_empty() && part.chars().all(is_of_a_version));
        if is_well_formed && !bare(&text).is_empty() {
            return Ok(Self(text));
        }
        Err(format!("`{text}` is no release series; write the beginning of a version up to a dot, such as 1.21"))
    }
}

impl From<Series> for String {
    fn from(series: Series) -> Self {
        series.0
    }
}

impl fmt::Display for Series {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The version without the `v` that some projects put before the number.
pub fn bare(version: &str) -> &str {
    version.strip_prefix('v').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit())).unwrap_or(version)
}

fn is_of_a_version(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_covers_what_follows_it_after_a_dot() {
        for (series, version, covers) in [
            ("1.1", "1.1", true),
            ("1.1", "1.1.4", true),
            ("1.1", "1.11", false),
            ("1.1", "1.11.5", false),
            ("1.11", "v1.11.5", true),
            ("v1.36", "1.36.5", true),
            ("v1.36", "v1.36.5", true),
            ("1.36", "v1.36.5-gke.100", true),
            ("3.6", "3.6.9-0", true),
            ("1", "1.31.0", true),
            ("1.31", "1", false),
            ("1.31", "1.3.1", false),
            ("1.31", "", false),
            ("trixie", "trixie", true),
            ("vim", "im", false),
        ] {
            let parsed = Series::try_from(series.to_owned()).unwrap();
            assert_eq!(parsed.covers(version), covers, "{series} and {version}");
        }
    }

    #[test]
    fn what_is_no_series_is_refused_with_an_example() {
        for text in ["", "1.", ".1", "1..2", "1.21 LTS", ">=1.21"] {
            let refusal = Series::try_from(text.to_owned()).unwrap_err();
            assert!(refusal.contains("such as 1.21"), "{text}: {refusal}");
        }
    }
}
