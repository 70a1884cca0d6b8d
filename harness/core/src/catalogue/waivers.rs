//! `waivers.yaml`: known failures that a team accepts until a day, read with the place of every mistake.
//!
//! Which checks a waiver covers is the judge's matter; whether it has ended is, too: the reader knows no day.

use std::{collections::BTreeMap, fmt, io, path::Path};

use jiff::civil::Date;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::CatalogueError;
use crate::{
    api_version::{self, ApiVersion},
    evidence::{
        sha256,
        waiver::{Covers, Waiver},
    },
    yaml::{Node, Problem, Problems, Rule, decode},
};

/// The waivers of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers {
    /// The file, as the user wrote its path.
    pub file: String,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    pub list: Vec<Waiver>,
}

/// A file of waivers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema needs the whole document; the reader decodes its parts one by one")]
struct Document {
    api_version: ApiVersion,
    kind: Kind,
    items: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Head {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    kind: Kind,
}

#[derive(Deserialize, JsonSchema)]
enum Kind {
    Waivers,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The id of a check, in which `*` stands for any run of letters: `strict/enforcement-grid#production.plain.*`.
    #[serde(default)]
    check: Option<String>,
    /// The id of a requirement. A check that names several is waived when each of them is.
    #[serde(default)]
    requirement: Option<String>,
    /// The person or team that answers for it.
    owner: String,
    /// Why the failure is accepted.
    reason: String,
    /// The last day, in UTC, on which a run may start for which it counts.
    #[schemars(with = "String", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    until: String,
    /// The only world in which it counts.
    #[serde(default)]
    world: Option<World>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum World {
    Existing,
    Kind,
    Loopback,
}

impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Existing => "existing",
            Self::Kind => "kind",
            Self::Loopback => "loopback",
        })
    }
}

/// Loads a file of waivers.
///
/// # Errors
/// Every complaint about the file.
pub fn load_waivers(path: &Path) -> Result<Waivers, CatalogueError> {
    let unreadable = |source: io::Error| CatalogueError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    match read(&text, path) {
        Ok(list) => Ok(Waivers { file: path.display().to_string(), digest: sha256(text.as_bytes()), list }),
        Err(problems) => Err(CatalogueError::Wrong(Problems::of(path, &text, problems))),
    }
}

/// The JSON Schema of such a file, published as `reports/waivers.schema.json`.
#[must_use]
pub fn waivers_schema() -> Value {
    let mut schema = schema_for!(Document);
    schema.insert("title".to_owned(), Value::from("Waivers of an mTLS conformance run"));
    schema.to_value()
}

fn read(text: &str, file: &Path) -> Result<Vec<Waiver>, Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    if let Some(problem) = api_version::refuse_old(&node, file) {
        return Err(vec![problem]);
    }
    let place = node.nearest(&["items"]).place;
    let mut problems = Vec::new();
    let items = node.take("items");
    if let Err(problem) = decode::<Head>(&node) {
        problems.push(*problem);
    }
    if items.is_none() && problems.is_empty() {
        let problem = Problem::new(Rule::MissingKey, place, "the list `items` is missing");
        problems.push(problem.help("a file without waivers has `items: []`"));
    }
    let mut waivers: Vec<Waiver> = Vec::new();
    let mut lines: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    for item in &items.unwrap_or_default() {
        let waiver =
            decode::<Written>(item).map_err(|problem| vec![*problem]).and_then(|written| waiver(written, item));
        match waiver {
            Ok(waiver) => {
                let key = (waiver.covers.text().to_owned(), waiver.world.clone());
                if let Some(line) = lines.insert(key, item.place.line) {
                    let place = item.nearest(&[name(&waiver.covers)]).place;
                    let message = format!("`{}` is waived in line {line} already", waiver.covers.text());
                    problems.push(Problem::new(Rule::Waiver, place, message).help("one failure, one owner, one end"));
                }
                waivers.push(waiver);
            }
            Err(wrong) => problems.extend(wrong),
        }
    }
    if problems.is_empty() { Ok(waivers) } else { Err(problems) }
}

fn name(covers: &Covers) -> &'static str {
    match covers {
        Covers::Check(_) => "check",
        Covers::Requirement(_) => "requirement",
    }
}

fn waiver(written: Written, item: &Node) -> Result<Waiver, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut complain = |key: &str, message: String, help: &str| {
        problems.push(Problem::new(Rule::Waiver, item.nearest(&[key]).place, message).help(help));
    };
    for (key, text) in [("owner", &written.owner), ("reason", &written.reason)] {
        if text.trim().is_empty() {
            complain(
                key,
                format!("`{key}` is empty"),
                "a waiver is somebody's promise, with a reason that others can judge",
            );
        }
    }
    let until: Option<Date> = written.until.parse().ok();
    if until.is_none() {
        complain("until", format!("`{}` is no day", written.until), "write the last day as 2026-11-30");
    }
    let covers = match (written.check, written.requirement) {
        (Some(check), None) => {
            let is_one_scenario = check
                .split_once('#')
                .is_some_and(|(scenario, name)| scenario.chars().any(char::is_alphanumeric) && !name.is_empty());
            if !is_one_scenario {
                let help = "write the id of a check, such as `strict/enforcement-grid#production.plain.*`";
                complain("check", format!("`{check}` names no scenario and check"), help);
            }
            Some(Covers::Check(check))
        }
        (None, Some(requirement)) => {
            if requirement.contains('*') {
                let help = "a waiver answers for one requirement; write its id";
                complain("requirement", format!("`{requirement}` is a pattern"), help);
            }
            Some(Covers::Requirement(requirement))
        }
        (Some(_), Some(_)) => {
            complain("requirement", "both `check` and `requirement`".to_owned(), "write two waivers");
            None
        }
        (None, None) => {
            complain("owner", "neither `check` nor `requirement`".to_owned(), "say which failure is waived");
            None
        }
    };
    match (covers, until) {
        (Some(covers), Some(until)) if problems.is_empty() => Ok(Waiver {
            covers,
            owner: written.owner,
            reason: written.reason,
            until,
            world: written.world.map(|world| world.to_string()),
        }),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: mtls-e2e/v1alpha2\nkind: Waivers\n";

    #[test]
    fn waivers_are_read_in_order() {
        let text = format!(
            "{HEAD}items:\n- {{check: 'strict/grid#a.*', owner: platform, reason: r, until: 2026-12-31}}\n\
             - {{requirement: MESH-01, owner: mesh, reason: r, until: 2027-01-31, world: kind}}\n"
        );
        let read = read(&text, Path::new("waivers.yaml")).unwrap();
        assert_eq!(read[0].covers, Covers::Check("strict/grid#a.*".to_owned()));
        assert_eq!((read[1].world.as_deref(), read[1].until.to_string().as_str()), (Some("kind"), "2027-01-31"));
        assert_eq!(read_messages("items: []\n"), Ok(2));
    }

    fn read_messages(rest: &str) -> Result<usize, Vec<String>> {
        let text = format!("{HEAD}{rest}");
        match read(&text, Path::new("waivers.yaml")) {
            Ok(_) => Ok(text.lines().count() - 1),
            Err(problems) => Err(problems.iter().map(|one| format!("{}: {}", one.place.line, one.message)).collect()),
        }
    }

    #[test]
    fn every_complaint_has_its_line() {
        let items = "items:\n\
            - {check: strict, owner: '', reason: r, until: 2026-12-31}\n\
            - {check: 'a#b', owner: o, reason: r, until: soon}\n\
            - {check: 'a#b', owner: o, reason: r, until: 2026-12-31}\n\
            - {check: 'a#b', owner: o, reason: r, until: 2027-12-31}\n\
            - {check: 'a#b', requirement: X-01, owner: o, reason: r, until: 2026-12-31}\n\
            - {owner: o, reason: r, until: 2026-12-31}\n\
            - {check: '*#*', owner: o, reason: r, until: 2026-12-31}\n\
            - {requirement: 'MESH-*', owner: o, reason: r, until: 2026-12-31}\n\
            - {check: 'a#c', owner: o, until: 2026-12-31}\n\
            - {check: 'a#d', owner: o, reason: r, until: 2026-12-31, world: moon}\n";
        let expected = [
            "4: `owner` is empty",
            "4: `strict` names no scenario and check",
            "5: `soon` is no day",
            "7: `a#b` is waived in line 6 already",
            "8: both `check` and `requirement`",
            "9: neither `check` nor `requirement`",
            "10: `*#*` names no scenario and check",
            "11: `MESH-*` is a pattern",
            "12: the key `reason` is missing here",
            "13: unknown word `moon`",
        ];
        assert_eq!(read_messages(items).unwrap_err(), expected);
        assert_eq!(read_messages("").unwrap_err(), ["1: the list `items` is missing"]);
    }
}
