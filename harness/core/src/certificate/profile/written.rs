//! Profiles as their authors write them: the shape, its schema, and what is wrong with a file.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;

use super::{Profile, Sabotage};
use crate::{
    api_version::ApiVersion,
    catalogue::Catalogue,
    evidence::plan::Level,
    yaml::{Node, Problem, Rule, decode, nearest},
};

/// The profiles that certificates can be made with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Profiles")]
struct Document {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    kind: Kind,
    /// At least one.
    #[serde(default)]
    #[expect(dead_code, reason = "read one by one, so that each problem has its line")]
    items: Vec<Item>,
}

#[derive(Deserialize, JsonSchema)]
enum Kind {
    Profiles,
}

/// What a certificate with this profile states.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Item {
    /// Lower-case letters, digits and dashes; policy engines show it.
    name: String,
    /// One sentence.
    says: String,
    /// The levels whose requirements the profile covers. Those of the core must be examined and pass; of the others, what
    /// is not proven is not claimed.
    #[serde(default)]
    levels: Vec<LevelWord>,
    /// Requirements beside them, by id, each of which must be examined and pass.
    #[serde(default)]
    requirements: Vec<String>,
    /// Tags of scenarios that are not run.
    #[serde(default)]
    without_tags: Vec<String>,
    /// Whether each check that is evidence for a demanded requirement must have been seen to fail.
    sabotage: SabotageWord,
    /// Days after which the certificate is no longer valid, 1 to 366.
    #[schemars(range(min = 1, max = 366))]
    valid_days: u16,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum LevelWord {
    Core,
    Extended,
    Hardening,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum SabotageWord {
    Demanded,
    Optional,
}

/// The JSON schema of a file with profiles.
#[must_use]
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// [`schema`] as the text of its file.
#[must_use]
pub fn schema_text() -> String {
    // A schema is plain JSON: writing it into a string cannot fail.
    serde_json::to_string_pretty(&schema()).unwrap_or_default() + "\n"
}

/// Reads a file; ids are looked up in the catalogue if there is one.
pub(super) fn read(text: &str, catalogue: Option<&Catalogue>) -> Result<Vec<Profile>, Vec<Problem>> {
    let mut node = Node::parse(text).map_err(|problem| vec![*problem])?;
    let items = node.take("items").unwrap_or_default();
    let mut problems = Vec::new();
    if let Err(problem) = decode::<Document>(&node) {
        problems.push(*problem);
    }
    if items.is_empty() && problems.is_empty() {
        problems
            .push(Problem::new(Rule::Shape, node.place, "there is no profile in it").help("list one under `items`"));
    }
    let mut profiles: Vec<Profile> = Vec::new();
    let mut lines = BTreeMap::new();
    for node in &items {
        match item(node) {
            Ok(profile) => {
                let place = node.nearest(&["name"]).place;
                if let Some(line) = lines.insert(profile.name.clone(), place.line) {
                    let message = format!("the name `{}` is taken by the profile in line {line}", profile.name);
                    problems.push(Problem::new(Rule::Shape, place, message).help("choose another name"));
                }
                problems.extend(catalogue.into_iter().flat_map(|catalogue| unknown(&profile, node, catalogue)));
                profiles.push(profile);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(profiles) } else { Err(problems) }
}

/// Reads one profile.
pub(super) fn item(node: &Node) -> Result<Profile, Box<Problem>> {
    let item: Item = decode(node)?;
    let wrong = |key: &str, message: &str, help: &str| {
        Err(Box::new(Problem::new(Rule::Shape, node.nearest(&[key]).place, message).help(help)))
    };
    let letters = item.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !letters || item.name.is_empty() || item.name.len() > 40 {
        return wrong("name", "this is no name of a profile", "use lower-case letters, digits and dashes, at most 40");
    }
    if item.levels.is_empty() && item.requirements.is_empty() {
        return wrong("name", "the profile covers nothing", "name `levels`, such as [core], or `requirements`");
    }
    if !(1..=366).contains(&item.valid_days) {
        return wrong("validDays", "the days are not within 1 and 366", "90 is a quarter");
    }
    let level = |word: LevelWord| match word {
        LevelWord::Core => Level::Core,
        LevelWord::Extended => Level::Extended,
        LevelWord::Hardening => Level::Hardening,
    };
    Ok(Profile {
        name: item.name,
        says: item.says,
        levels: item.levels.into_iter().map(level).collect(),
        requirements: item.requirements.into_iter().collect(),
        without_tags: item.without_tags.into_iter().collect::<BTreeSet<_>>(),
        sabotage: match item.sabotage {
            SabotageWord::Demanded => Sabotage::Demanded,
            SabotageWord::Optional => Sabotage::Optional,
        },
        valid_days: item.valid_days,
    })
}

fn unknown(profile: &Profile, node: &Node, catalogue: &Catalogue) -> Vec<Problem> {
    let unknown = profile.requirements.iter().filter(|id| catalogue.get(id).is_none());
    let known = || catalogue.requirements.iter().map(|requirement| requirement.id.as_str());
    unknown
        .map(|id| {
            let listed = node.get("requirements").map(Node::items).unwrap_or_default();
            let place = listed.iter().find(|item| item.text() == Some(id)).unwrap_or(node).place;
            let message = format!("the catalogue has no requirement `{id}`");
            Problem::new(Rule::Requirement, place, message).suggest(nearest(id, known()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Requirement, Source};

    const HEAD: &str = "apiVersion: mtls-e2e/v1alpha2\nkind: Profiles\nitems:\n";
    const GOOD: &str = "- {name: core, says: s, levels: [core], sabotage: demanded, validDays: 90}\n";

    fn messages(text: &str) -> Vec<String> {
        let requirement = Requirement {
            controls: Vec::new(),
            id: "PKI-01".to_owned(),
            level: Level::Core,
            text: String::new(),
            source: Source::Seed,
            pass: None,
        };
        let catalogue = Catalogue { requirements: vec![requirement] };
        let problems = read(text, Some(&catalogue)).map(|_| ()).unwrap_err();
        problems
            .iter()
            .map(|one| {
                let help = one.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
                format!("{}: {}{help}", one.place.line, one.message)
            })
            .collect()
    }

    #[test]
    fn a_profile_is_read_with_its_defaults() {
        let profiles = read(&format!("{HEAD}{GOOD}"), None).unwrap();
        assert_eq!(profiles[0].levels, BTreeSet::from([Level::Core]));
        assert!(profiles[0].requirements.is_empty() && profiles[0].without_tags.is_empty());
        assert_eq!((profiles[0].sabotage, profiles[0].valid_days), (Sabotage::Demanded, 90));
    }

    #[test]
    fn every_problem_has_its_line_and_advice() {
        let items = [
            GOOD,
            GOOD,
            "- {name: Core, says: s, levels: [core], sabotage: demanded, validDays: 90}\n",
            "- {name: a, says: s, sabotage: demanded, validDays: 90}\n",
            "- {name: b, says: s, levels: [cor], sabotage: demanded, validDays: 90}\n",
            "- {name: c, says: s, levels: [core], sabotage: demanded, validDays: 900}\n",
            "- {name: d, says: s, requirements: [PKI-02], sabotage: demanded, validDays: 9}\n",
            "- {name: e, says: s, levels: [core], sabotages: demanded, validDays: 9}\n",
            "- {name: f, says: s, levels: [core], validDays: 9}\n",
        ];
        assert_eq!(
            messages(&format!("{HEAD}{}", items.concat())),
            [
                "5: the name `core` is taken by the profile in line 4 (choose another name)",
                "6: this is no name of a profile (use lower-case letters, digits and dashes, at most 40)",
                "7: the profile covers nothing (name `levels`, such as [core], or `requirements`)",
                "8: unknown word `cor` (did you mean `core`?)",
                "9: the days are not within 1 and 366 (90 is a quarter)",
                "10: the catalogue has no requirement `PKI-02` (did you mean `PKI-01`?)",
                "11: unknown key `sabotages` (did you mean `sabotage`?)",
                "12: the key `sabotage` is missing here",
            ]
        );
    }

    #[test]
    fn a_file_without_profiles_or_of_another_kind_is_refused() {
        assert_eq!(
            messages(&HEAD.replace("items:", "items: []")),
            ["1: there is no profile in it (list one under `items`)"]
        );
        let other = messages(&format!("apiVersion: mtls-e2e/v1alpha2\nkind: Scenario\nitems:\n{GOOD}"));
        assert!(other[0].contains("unknown word `Scenario`"), "{other:?}");
        assert!(messages("a: [").len() == 1);
    }
}
