//! Rule: every file that looks like a scenario is loaded as one; a file that the loader ignores would never run.
//!
//! Not here: whether a scenario is valid, see `cargo xtask lint`.

use std::{collections::BTreeSet, path::Path};

use mtls_core::scenario::{self, model::Scenario};

use super::{
    problem::Problem,
    tree::{TextFile, has_extension},
};

pub(super) fn check(files: &[TextFile], folder: &Path) -> Vec<Problem> {
    match scenario::load_all(folder) {
        Ok(scenarios) => passed_over(files, &scenarios.iter().flat_map(used).collect()),
        Err(_) => vec![Problem::error("scenarios", None, "scenarios", "invalid: run `cargo xtask lint`")],
    }
}

/// Ids of the files that a scenario uses: its own, and those of the rule tests that it names.
fn used(scenario: &Scenario) -> Vec<String> {
    let area = scenario.id.split('/').next().unwrap_or_default();
    let steps = [&scenario.setup, &scenario.steps, &scenario.finally].into_iter().flatten();
    let tests = steps.filter_map(|step| step.action.rule_test());
    let tests = tests.map(|test| format!("{area}/{}", test.file.strip_suffix(".yaml").unwrap_or(&test.file)));
    tests.chain([scenario.id.clone()]).collect()
}

fn passed_over(files: &[TextFile], known: &BTreeSet<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files {
        let Some(inside) = file.path.strip_prefix("scenarios/") else { continue };
        let is_yaml = has_extension(inside, "yaml") || has_extension(inside, "yml");
        let id = inside.strip_suffix(".yaml").unwrap_or(inside);
        if is_yaml && !CATALOGUES.contains(&inside) && !is_case_file(inside) && !known.contains(id) {
            let message = "no run reads it: scenarios are files <area>/<name>.yaml, rule tests are named by a scenario";
            problems.push(Problem::error(&file.path, None, "scenarios", message));
        }
    }
    problems
}

/// Case files are read together with the scenarios that name them: an invalid one is an error of the scenarios.
fn is_case_file(inside: &str) -> bool {
    ["cases/", "library/"].iter().any(|folder| {
        inside.strip_prefix(folder).and_then(|name| name.strip_suffix(".yaml")).is_some_and(|name| !name.contains('/'))
    })
}

const CATALOGUES: [&str; 2] = ["requirements.yaml", "profiles.yaml"];

#[cfg(test)]
mod tests {
    use super::{super::problem::brief, *};

    #[test]
    fn a_file_that_never_runs_is_red() {
        let files: Vec<_> = [
            "scenarios/pki/hierarchy.yaml",
            "scenarios/pki/deep/never.yaml",
            "scenarios/pki/never.yml",
            "scenarios/never.yaml",
            "scenarios/alerts/arithmetic/soon.test.yaml",
            "scenarios/alerts/arithmetic/forgotten.test.yaml",
            "scenarios/requirements.yaml",
            "scenarios/cases/client-certificates.yaml",
            "scenarios/library/permissive-namespace.yaml",
            "scenarios/README.md",
            "harness/core/tests/lint/budget.yaml",
        ]
        .map(|path| TextFile { path: path.to_owned(), text: String::new() })
        .into();
        let problems =
            passed_over(&files, &["pki/hierarchy".to_owned(), "alerts/arithmetic/soon.test".to_owned()].into());
        assert_eq!(
            brief(&problems),
            [
                "scenarios scenarios/pki/deep/never.yaml",
                "scenarios scenarios/pki/never.yml",
                "scenarios scenarios/never.yaml",
                "scenarios scenarios/alerts/arithmetic/forgotten.test.yaml"
            ]
        );
    }
}
