//! The SARIF log of the wrong samples: its structure, the lines that it names, and fingerprints that stay when lines move.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use mtls_core::{
    sarif::{Listed, Origin, log},
    scenario::{self, ScenarioError},
    yaml::Rule,
};
use serde_json::Value;

use super::{root, wrong_scenarios, wrong_trees};

#[test]
fn every_problem_is_a_result_with_its_rule_and_region() {
    let mut errors: Vec<ScenarioError> =
        wrong_scenarios().iter().map(|path| scenario::load(path, &root()).unwrap_err()).collect();
    errors.extend(wrong_trees().iter().flat_map(|path| scenario::trees::lint(path).unwrap_err()));
    let log = log_of(&errors);
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&Value::from("2.1.0"), 1));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        for text in [&rule["shortDescription"]["text"], &rule["help"]["text"]] {
            assert!(text.as_str().unwrap().ends_with('.'), "{rule}");
        }
    }
    let words: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(words.len(), rules.len());
    assert!(Rule::ALL.iter().all(|rule| words.contains(rule.word())));

    let results = run["results"].as_array().unwrap();
    let problems: Vec<_> =
        errors.iter().flat_map(|error| error.problems().iter().map(move |problem| (error, problem))).collect();
    assert_eq!(results.len(), problems.len());
    for (result, (error, problem)) in results.iter().zip(problems) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], problem.rule.word());
        assert_eq!(result["level"], "error");
        assert!(result["message"]["text"].as_str().unwrap().starts_with(&problem.message));
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], error.file().unwrap());
        assert_eq!(location["region"]["startLine"], problem.place.line, "{problem:?}");
        let number = |key: &str| location["region"][key].as_u64().unwrap();
        let (from, to) = ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
        assert!(from <= to && from.1 >= 1, "{location}");
    }
    let print = |one: &Value| one["partialFingerprints"]["mtlsProblem/v1"].as_str().unwrap().to_owned();
    let prints: BTreeSet<String> = results.iter().map(print).collect();
    assert_eq!(prints.len(), results.len());
}

#[test]
fn fingerprints_stay_when_lines_move_and_change_with_the_text() {
    let of = |change: &dyn Fn(&str) -> String| -> BTreeMap<String, u64> {
        let folder = tempfile::tempdir().unwrap();
        let scenarios = folder.path().join("scenarios");
        fs::create_dir_all(scenarios.join("area")).unwrap();
        fs::copy(root().join("requirements.yaml"), scenarios.join("requirements.yaml")).unwrap();
        let text = fs::read_to_string(root().join("unknown-key.yaml")).unwrap();
        fs::write(scenarios.join("area/unknown-key.yaml"), change(&text).replace("id: unknown", "id: area/unknown"))
            .unwrap();
        let log = log_of(&scenario::load_all(&scenarios).unwrap_err());
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let line = |one: &Value| one["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
        let print = |one: &Value| one["partialFingerprints"]["mtlsProblem/v1"].as_str().unwrap().to_owned();
        results.iter().map(|one| (print(one), line(one))).collect()
    };
    let before = of(&str::to_owned);
    assert!(!before.is_empty());
    let moved = of(&|text| format!("# one\n# two\n# three\n{text}"));
    assert_eq!(moved, before.iter().map(|(print, line)| (print.clone(), line + 3)).collect());
    let again = of(&|text| text.replace("attemps", "atempts"));
    assert_ne!(again.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_read_is_a_result_without_a_region() {
    let errors = scenario::load_all(Path::new("nowhere/scenarios")).unwrap_err();
    let log = log_of(&errors);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unreadable");
    let location = &result["locations"][0]["physicalLocation"];
    assert!(location["artifactLocation"]["uri"].as_str().unwrap().starts_with("nowhere/scenarios"), "{location}");
    assert!(location.get("region").is_none());
}

#[test]
fn a_log_without_problems_says_so() {
    assert_eq!(log_of(&[])["runs"][0]["results"], Value::Array(vec![]));
}

fn log_of(errors: &[ScenarioError]) -> Value {
    let folder = Path::new("/source");
    let listed = Listed::of_errors(errors, Origin { source_root: folder, folder });
    serde_json::from_str(&log(&listed).unwrap()).unwrap()
}
