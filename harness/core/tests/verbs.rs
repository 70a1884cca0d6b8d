//! A verb is known to its own files and to one line of the table of verbs.
//!
//! The sources of the harness are searched for the types and actions of every verb. What is found elsewhere would be one more place
//! to change for a new verb, or to forget.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use mtls_core::scenario::{
    schema,
    verbs::{Words, rows},
};
use regex::Regex;
use serde_json::{Map, Value};

const TABLE: &str = "core/src/scenario/verbs/mod.rs";

/// A line of the table: `probe: Probe(ProbeSpec) = "probe",`.
struct Line {
    module: String,
    action: String,
    parameters: String,
    name: String,
}

impl Line {
    /// The files that may name the verb, and must be there.
    fn homes(&self) -> [PathBuf; 2] {
        ["core/src/scenario/verbs", "runner/src/run/steps"].map(|folder| root().join(folder).join(&self.module))
    }

    fn is_home(&self, file: &Path) -> bool {
        self.homes().iter().any(|home| file.with_extension("") == *home || file.starts_with(home))
    }
}

#[test]
fn a_verb_is_named_in_its_own_files_and_in_one_line_of_the_table() {
    let lines = lines();
    let sources = sources();
    let mut smeared = Vec::new();
    for line in &lines {
        let named = Regex::new(&format!(r"\b(?:{}|Action::{})\b", line.parameters, line.action)).unwrap();
        for home in line.homes() {
            assert!(sources.iter().any(|(file, _)| line.is_home(file)), "{} is missing", home.display());
        }
        for (file, text) in &sources {
            let allowed = usize::from(file.ends_with(TABLE));
            if !line.is_home(file) && named.find_iter(text).count() > allowed {
                smeared.push(format!("`{}` in {}", line.name, file.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(smeared.is_empty(), "ask the action instead, or move this into the file of the verb: {smeared:#?}");
}

/// `Self::Probe` would name a verb as well.
#[test]
fn actions_are_taken_apart_by_verbs_alone() {
    let verbs = root().join("core/src/scenario/verbs");
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with(root().join("core/src"))) {
        assert!(file.starts_with(&verbs) || !text.contains("impl Action {"), "{}", file.display());
    }
}

/// A smear is found, so that the test above does not pass for nothing.
#[test]
fn the_search_finds_a_verb() {
    let lines = lines();
    let probe = lines.iter().find(|line| line.name == "probe").unwrap();
    let table = root().join(TABLE);
    assert!(!probe.is_home(&table));
    let homes: Vec<PathBuf> = sources().into_iter().map(|(file, _)| file).filter(|file| probe.is_home(file)).collect();
    assert_eq!(homes.len(), 2, "{homes:?}");
}

#[test]
fn the_table_is_in_alphabetical_order_and_says_something_about_every_verb() {
    let rows = rows();
    assert_eq!(rows.iter().map(|row| row.name).collect::<Vec<_>>(), names());
    assert!(rows.is_sorted_by(|before, after| before.name < after.name));
    for row in rows {
        assert!(row.about.usage.starts_with(row.name), "{}: {}", row.name, row.about.usage);
        assert!(!row.about.does.is_empty() && !row.about.does.ends_with('.'), "{}", row.name);
        let shows_nothing = row.about.shows == "none";
        assert_eq!(shows_nothing, row.about.facts.words == Words::None, "{}", row.name);
    }
}

/// The schema is made from what the verbs say; what they say must not be narrower than what is written.
#[test]
fn the_schema_of_a_step_has_every_key_and_fact_of_the_shipped_scenarios() {
    let schema = schema().to_value();
    let branches = schema["$defs"]["Step"]["oneOf"].as_array().unwrap();
    assert_eq!(branches.iter().map(|branch| branch["title"].as_str().unwrap()).collect::<Vec<_>>(), names());
    let (mut steps, mut unknown) = (0, Vec::new());
    for file in scenarios() {
        let document: Value = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for step in steps_in(&document) {
            steps += 1;
            let branch = branches.iter().find(|branch| step.contains_key(branch["title"].as_str().unwrap())).unwrap();
            for key in step.keys().filter(|key| branch["properties"].get(key.as_str()).is_none()) {
                unknown.push(format!("{}: {} has no `{key}`", file.display(), branch["title"]));
            }
            let expect = &branch["properties"]["expect"];
            let deeper = expect["patternProperties"].as_object().and_then(|patterns| patterns.keys().next());
            let Some(deeper) = deeper.map(|pattern| Regex::new(pattern).unwrap()) else { continue };
            let paths = step.get("expect").and_then(Value::as_object).into_iter().flat_map(|expect| expect.keys());
            for path in paths.filter(|path| expect["properties"].get(path).is_none() && !deeper.is_match(path)) {
                unknown.push(format!("{}: {} has no fact `{path}`", file.display(), branch["title"]));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(steps > 500, "only {steps} steps");
}

/// Scenarios and changes of the library.
fn scenarios() -> Vec<PathBuf> {
    let areas = fs::read_dir(root().join("../scenarios")).unwrap().map(|entry| entry.unwrap().path());
    let files =
        areas.filter(|area| area.is_dir() && !area.ends_with("cases")).flat_map(|area| fs::read_dir(area).unwrap());
    let is_scenario = |path: &PathBuf| path.extension().is_some_and(|suffix| suffix == "yaml");
    files.map(|entry| entry.unwrap().path()).filter(is_scenario).collect()
}

/// Every step, wherever a document has steps.
fn steps_in(document: &Value) -> Vec<&Map<String, Value>> {
    let mut steps = Vec::new();
    for key in ["setup", "steps", "finally", "do", "confirm", "recovered", "sabotage"] {
        let listed = match &document[key] {
            Value::Array(list) => list.iter().collect(),
            Value::Object(_) => vec![&document[key]],
            _ => Vec::new(),
        };
        for one in listed {
            steps.extend(one.as_object().filter(|_| key != "sabotage"));
            steps.extend(steps_in(one));
            steps.extend(steps_in(&one["break"]));
        }
    }
    steps
}

fn names() -> Vec<String> {
    lines().into_iter().map(|line| line.name).collect()
}

fn lines() -> Vec<Line> {
    let line = Regex::new(r#"(?m)^    (\w+): (\w+)\((\w+)\) = "([a-z-]+)",$"#).unwrap();
    let table = fs::read_to_string(root().join(TABLE)).unwrap();
    let lines: Vec<Line> = line
        .captures_iter(&table)
        .map(|found| {
            let [module, action, parameters, name] = found.extract().1.map(str::to_owned);
            Line { module, action, parameters, name }
        })
        .collect();
    assert!(lines.len() > 20, "{} verbs", lines.len());
    lines
}

/// Every source of the two crates that know scenarios.
fn sources() -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![root().join("core/src"), root().join("runner/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push((path, text));
            }
        }
    }
    sources
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
