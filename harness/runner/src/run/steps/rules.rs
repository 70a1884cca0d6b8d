//! `rules`: checks and tests alert rules on the host of the harness. It uses only the trees of the world.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mtls_core::scenario::{
    model::{RuleFault, Step},
    rule_tests::{RuleTest, Rules},
    verbs::rules::RulesSpec,
};
use serde_json::{Map, Value, json};

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    stack::{
        promtool::{self, RuleTestResult},
        rule_file,
    },
};

impl Execute for RulesSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, &self.0).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, rules: &Rules) -> Result<Observation, StepError> {
    let facts = match rules {
        Rules::Check(name) => check(context, name).await?,
        Rules::Test(test) => self::test(context, test).await?,
    };
    let evidence = context.store(facts.to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "promtool", evidence })
}

/// Replaces a rule file by one with a fault, for the following steps.
pub(crate) fn weaken(context: &Context<'_>, fault: &RuleFault) -> Result<(), StepError> {
    let text = read(&file(context, &fault.file)?)?;
    let faulty =
        rule_file::misconfigured(&text, fault).map_err(|error| StepError(format!("{}: {error}", fault.file)))?;
    context.world.sources.replace(&fault.file, &faulty).map_err(|error| StepError::of(&error))
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
    let files = test.rule_files.iter().map(|name| file(context, name)).collect::<Result<Vec<_>, _>>()?;
    let results = promtool::test(&test.tests, &files).await.map_err(|error| StepError::of(&error))?;
    Ok(facts(&results))
}

fn file(context: &Context<'_>, name: &str) -> Result<PathBuf, StepError> {
    context.world.sources.file(name).map_err(|error| StepError::of(&error))
}

/// The results as facts. `passed` is false without any test.
fn facts(results: &[RuleTestResult]) -> Value {
    let tests: Map<String, Value> = results
        .iter()
        .map(|test| {
            let mut facts = json!({"passed": test.passed, "assertions": test.assertions});
            if let Some(message) = &test.message {
                facts["message"] = json!(message);
            }
            (test.name.clone(), facts)
        })
        .collect();
    json!({
        "passed": !results.is_empty() && results.iter().all(|test| test.passed),
        "assertions": results.iter().map(|test| test.assertions).sum::<usize>(),
        "failed": results.iter().filter(|test| !test.passed).map(|test| test.name.as_str()).collect::<Vec<_>>(),
        "tests": tests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_test_fails_all_and_is_named() {
        let result = |name: &str, passed| RuleTestResult {
            name: name.to_owned(),
            passed,
            assertions: 2,
            message: (!passed).then(|| "got: nil".to_owned()),
        };
        let facts = facts(&[result("a", true), result("b", false)]);
        assert_eq!(facts["passed"], false);
        assert_eq!(facts["assertions"], 4);
        assert_eq!(facts["failed"], json!(["b"]));
        assert_eq!(facts["tests"]["b"], json!({"passed": false, "assertions": 2, "message": "got: nil"}));
    }

    #[test]
    fn without_a_test_nothing_passes() {
        assert_eq!(facts(&[])["passed"], false);
    }
}
