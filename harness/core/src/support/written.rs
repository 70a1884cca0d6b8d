//! The text form of a row, in `stack.yaml` and in a record, and the errors about it, each with advice.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Party, Promise, Row, Series};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    component: Text,
    version: Series,
    #[serde(default)]
    by: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Day>,
    source: Text,
    read_on: Day,
}

/// Not empty.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Text(String);

/// `2026-11-30`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Day(Date);

impl TryFrom<Written> for Row {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { component, version, by, until, rule, held, source, read_on } = written;
        let promise = match (until, rule, held) {
            (Some(until), None, None) => Promise::Until(until.0),
            (None, Some(_), Some(held)) if held > read_on => {
                return Err(format!(
                    "the rule of {} {version} held after its page was read; `held` is `read-on` or a day before it",
                    component.0
                ));
            }
            (None, Some(says), Some(held)) => Promise::Rule { says: says.0, held: held.0 },
            (until, rule, held) => {
                let found = [("until", until.is_some()), ("rule", rule.is_some()), ("held", held.is_some())];
                let found: Vec<&str> = found.into_iter().filter_map(|(key, there)| there.then_some(key)).collect();
                let found = if found.is_empty() { "none of them".to_owned() } else { found.join(" and ") };
                return Err(format!(
                    "{} {version} has {found}; give `until` (a day that upstream names), or `rule` with `held` (the last day on \
                     which it was known to hold)",
                    component.0
                ));
            }
        };
        Ok(Self { component: component.0, version, by, promise, source: source.0, read_on: read_on.0 })
    }
}

impl From<Row> for Written {
    fn from(row: Row) -> Self {
        let (until, rule, held) = match row.promise {
            Promise::Until(until) => (Some(Day(until)), None, None),
            Promise::Rule { says, held } => (None, Some(Text(says)), Some(Day(held))),
        };
        Self {
            component: Text(row.component),
            version: row.version,
            by: row.by,
            until,
            rule,
            held,
            source: Text(row.source),
            read_on: Day(row.read_on),
        }
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("this text is empty; a source is the project's own page and its section, by name".to_owned());
        }
        Ok(Self(text))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("`{text}` is no day; write it as 2026-11-30"))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str =
        "{component: a, version: '1.2', until: 2026-11-30, source: 'a.example, Releases', read-on: 2026-10-01}";

    fn read(text: &str) -> Result<Row, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_row_survives_being_recorded() {
        let rule = ROW.replace("until: 2026-11-30", "by: debian, rule: until 1.4 is out, held: 2026-09-30");
        for text in [ROW, &rule] {
            let row = read(text).unwrap();
            let recorded = serde_json::to_value(&row).unwrap();
            assert_eq!(serde_json::from_value::<Row>(recorded).unwrap(), row);
        }
    }

    #[test]
    fn every_error_in_a_row_comes_with_advice() {
        for (good, bad, advice) in [
            ("until: 2026-11-30", "until: 2026-11-31", "write it as 2026-11-30"),
            ("until: 2026-11-30", "until: soon", "write it as 2026-11-30"),
            ("read-on: 2026-10-01", "read-on: 10/2026", "write it as 2026-11-30"),
            ("'a.example, Releases'", "''", "the project's own page and its section"),
            ("'a.example, Releases'", "' '", "the project's own page and its section"),
            ("until: 2026-11-30, ", "", "none of them; give `until`"),
            ("until: 2026-11-30", "rule: until 1.4 is out", "has rule; give `until`"),
            (
                "until: 2026-11-30",
                "until: 2026-11-30, rule: until 1.4 is out, held: 2026-09-30",
                "until and rule and held",
            ),
            ("until: 2026-11-30", "rule: until 1.4 is out, held: 2026-10-02", "`held` is `read-on` or a day before"),
            ("version: '1.2'", "version: '1.'", "such as 1.21"),
            ("until: 2026-11-30", "until: 2026-11-30, eol: true", "eol"),
            (", source: 'a.example, Releases'", "", "source"),
            ("component: a", "component: a, by: redhat", "debian"),
        ] {
            let text = ROW.replace(good, bad);
            assert_ne!(text, ROW);
            let refusal = read(&text).unwrap_err();
            assert!(refusal.contains(advice), "{text}: {refusal}");
        }
    }
}
