//! `rules`: alert rules checked and tested where the harness runs; the world lends only the trees it was made from.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    scenario::{
        model::RuleFault,
        rule_tests::{RuleTest, Rules},
    },
    stack::{
        promtool::{self, RuleTestResult},
        rule_file,
    },
};

pub(crate) async fn observe(context: &Context<'_>, rules: &Rules) -> Result<Observation, StepError> {
    let facts = match rules {
        Rules::Check(name) => check(context, name).await?,
        Rules::Test(test) => self::test(context, test).await?,
    };
    let evidence = context.store(facts.to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "promtool", evidence })
}

/// Makes a rule wrong where the steps after this one read it.
pub(crate) fn weaken(context: &Context<'_>, wanted: &RuleFault) -> Result<(), StepError> {
    let text = read(&file(context, &wanted.file)?)?;
    let weakened =
        rule_file::weakened(&text, wanted).map_err(|error| StepError(format!("{}: {error}", wanted.file)))?;
    context.world.sources.replace(&wanted.file, &weakened).map_err(|error| StepError::of(&error))
}

async fn check(context: &Context<'_>, name: &str) -> Result<Value, StepError> {
    let path = file(context, name)?;
    let original = context.world.sources.original(name).map_err(|error| StepError::of(&error))?;
    let changed = rule_file::changed(&read(&original)?, &read(&path)?);
    let found = promtool::check(&path).await.map_err(|error| StepError::of(&error))?;
    Ok(json!({"groups": found.groups, "rules": found.rules, "problems": found.problems, "changed": changed}))
}

fn read(path: &Path) -> Result<String, StepError> {
    fs::read_to_string(path).map_err(|error| StepError(format!("read {}: {error}", path.display())))
}

async fn test(context: &Context<'_>, test: &RuleTest) -> Result<Value, StepError> {
    let files = test.of.iter().map(|name| file(context, name)).collect::<Result<Vec<_>, _>>()?;
    let told = promtool::test(&test.stories, &files).await.map_err(|error| StepError::of(&error))?;
    Ok(facts(&told))
}

fn file(context: &Context<'_>, name: &str) -> Result<PathBuf, StepError> {
    context.world.sources.file(name).map_err(|error| StepError::of(&error))
}

/// `passed` needs a story: nothing told is nothing shown.
fn facts(told: &[RuleTestResult]) -> Value {
    let tests: Map<String, Value> = told
        .iter()
        .map(|story| {
            let mut facts = json!({"passed": story.passed, "assertions": story.assertions});
            if let Some(message) = &story.message {
                facts["message"] = json!(message);
            }
            (story.name.clone(), facts)
        })
        .collect();
    json!({
        "passed": !told.is_empty() && told.iter().all(|story| story.passed),
        "assertions": told.iter().map(|story| story.assertions).sum::<usize>(),
        "failed": told.iter().filter(|story| !story.passed).map(|story| story.name.as_str()).collect::<Vec<_>>(),
        "tests": tests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_story_fails_all_and_is_named() {
        let told = |name: &str, passed| RuleTestResult {
            name: name.to_owned(),
            passed,
            assertions: 2,
            message: (!passed).then(|| "got: nil".to_owned()),
        };
        let facts = facts(&[told("a", true), told("b", false)]);
        assert_eq!(facts["passed"], false);
        assert_eq!(facts["assertions"], 4);
        assert_eq!(facts["failed"], json!(["b"]));
        assert_eq!(facts["tests"]["b"], json!({"passed": false, "assertions": 2, "message": "got: nil"}));
    }

    #[test]
    fn no_story_is_no_pass() {
        assert_eq!(facts(&[])["passed"], false);
    }
}
