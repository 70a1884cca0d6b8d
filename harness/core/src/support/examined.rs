//! The versions that a run examined, with the rows that apply to them: a later judgement needs no table.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Party, Row};

/// A version that the run observed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Examined {
    /// The component's id, or the name of an image that belongs to no known component.
    pub component: String,
    /// Its version as observed; absent when the observation does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The party that built the package: Debian's promise covers Debian's package, not the project's own image.
    #[serde(default)]
    pub packaged: Party,
    /// Where it was observed: images, nodes, the API server.
    pub seen: Vec<String>,
    /// At most one row per party.
    #[serde(default)]
    pub rows: Vec<Row>,
}

/// Collects observed versions: the same version of the same component is one entry, wherever it was observed.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<(String, Option<String>, Party), BTreeSet<String>>);

impl Tally {
    /// Adds an observed version; `seen` is the place of the observation.
    pub fn add(&mut self, component: &str, version: Option<&str>, packaged: Party, seen: &str) {
        let key = (component.to_owned(), version.map(str::to_owned), packaged);
        self.0.entry(key).or_default().insert(seen.to_owned());
    }

    /// Each version with its rows, in alphabetical order.
    #[must_use]
    pub fn examined(self, table: &[Row]) -> Vec<Examined> {
        let entries = self.0.into_iter().map(|((component, version, packaged), seen)| {
            let rows = version.as_deref().map(|version| rows(table, &component, version, packaged)).unwrap_or_default();
            Examined { component, version, packaged, seen: seen.into_iter().collect(), rows }
        });
        entries.collect()
    }
}

/// For each party that makes a promise about this package, the row with the longest series that covers the version.
fn rows(table: &[Row], component: &str, version: &str, packaged: Party) -> Vec<Row> {
    let parties: &[Party] = match packaged {
        Party::Upstream => &[Party::Upstream],
        Party::Debian => &[Party::Upstream, Party::Debian],
    };
    let row = |party: &Party| {
        table
            .iter()
            .filter(|row| row.component == component && row.by == *party && row.version.covers(version))
            .max_by_key(|row| row.version.precision())
    };
    parties.iter().filter_map(row).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Row> {
        let row = |component: &str, version: &str, by: &str| {
            serde_json::from_value(serde_json::json!({
                "component": component, "version": version, "by": by, "until": "2027-01-01", "source": "s", "read-on": "2026-01-01",
            }))
            .unwrap()
        };
        vec![
            row("a", "1", "upstream"),
            row("a", "1.1", "upstream"),
            row("a", "1.11", "upstream"),
            row("a", "1.1", "debian"),
            row("b", "1.1", "upstream"),
        ]
    }

    fn found(version: Option<&str>, packaged: Party) -> Vec<String> {
        let mut tally = Tally::default();
        tally.add("a", version, packaged, "here");
        let examined = tally.examined(&table());
        examined[0].rows.iter().map(|row| format!("{} {} {}", row.component, row.version, row.by)).collect()
    }

    #[test]
    fn the_longest_series_of_the_component_applies() {
        assert_eq!(found(Some("v1.1.9"), Party::Upstream), ["a 1.1 upstream"]);
        assert_eq!(found(Some("1.11.9"), Party::Upstream), ["a 1.11 upstream"]);
        assert_eq!(found(Some("1.12"), Party::Upstream), ["a 1 upstream"]);
        assert_eq!(found(Some("2.0"), Party::Upstream), Vec::<String>::new());
        assert_eq!(found(None, Party::Upstream), Vec::<String>::new());
    }

    #[test]
    fn the_promise_of_debian_is_about_its_packages_alone() {
        assert_eq!(found(Some("1.1.9"), Party::Debian), ["a 1.1 upstream", "a 1.1 Debian"]);
        assert_eq!(found(Some("1.11.9"), Party::Debian), ["a 1.11 upstream"]);
    }

    #[test]
    fn one_version_is_one_entry_wherever_it_was_seen() {
        let mut tally = Tally::default();
        for (version, seen) in [("1.1", "y"), ("1.1", "x"), ("1.1", "x"), ("1.2", "z")] {
            tally.add("a", Some(version), Party::Upstream, seen);
        }
        let seen: Vec<_> = tally.examined(&[]).into_iter().map(|one| (one.version.unwrap(), one.seen)).collect();
        assert_eq!(
            seen,
            [("1.1".to_owned(), vec!["x".to_owned(), "y".to_owned()]), ("1.2".to_owned(), vec!["z".to_owned()])]
        );
    }
}
