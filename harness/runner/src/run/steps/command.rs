//! `command`: runs a command as a document prints it and records its output.
//!
//! The only verb that runs a shell script, because here the script is under test. Its output proves nothing else.

use std::time::Duration;

use mtls_core::{
    evidence::secret,
    scenario::{
        documented_command::{DocumentedCommand, Replacement},
        model::Step,
        verbs::command::CommandSpec,
    },
};
use serde_json::{Value, json};

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
        undo::Undo,
    },
    stack::shell::{ShellOutput, shell},
    world::World,
};

/// Time limit of the command that undoes a change.
const UNDO_LIMIT: Duration = Duration::from_secs(40);

impl Execute for CommandSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        observe(context, step, &self.0).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, step: &Step, printed: &DocumentedCommand) -> Result<Observation, StepError> {
    if let Some(undo) = &printed.undo {
        context.will_undo(&step.id, Undo::Command(undo.clone())).await?;
    }
    let ran = printed.run_as();
    let mut facts = facts(run(context.world, &ran, printed.timeout).await?);
    let instead = match &printed.correction {
        Some(text) => Some(self::facts(run(context.world, text, printed.timeout).await?)),
        None => None,
    };
    facts["class"] = json!(printed.class(&facts, instead.as_ref()).word());
    facts["printed"] = json!(printed.text);
    if !printed.replace.is_empty() {
        facts["ran"] = json!(ran);
        let part = |part: &Replacement| format!("{} by {}: {}", part.text, part.by, part.reason);
        facts["replaced"] = printed.replace.iter().map(part).collect();
    }
    if let (Some(mut instead), Some(text)) = (instead, &printed.correction) {
        instead["ran"] = json!(text);
        facts["instead"] = instead;
    }
    let evidence = context.store(facts.to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "direct", evidence })
}

pub(crate) async fn undo(world: &World, text: &str) -> Result<(), StepError> {
    let output = run(world, text, UNDO_LIMIT).await?;
    if output.code == 0 {
        return Ok(());
    }
    Err(StepError(format!("`{text}` ended with {}: {}", output.code, withheld(output.stderr).0)))
}

async fn run(world: &World, text: &str, limit: Duration) -> Result<ShellOutput, StepError> {
    let trees = world.trees().map_err(|error| StepError::of(&error))?;
    shell(trees, text, limit).await.map_err(|error| StepError::of(&error))
}

/// The output as facts. Text with a secret is withheld, and `reveals-key` says so.
fn facts(output: ShellOutput) -> Value {
    let ended = if output.cut_off { "at-its-limit" } else { "by-itself" };
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = output.stdout.lines().map(words).filter(|row: &Vec<String>| !row.is_empty()).collect();
    let ((stdout, out), (stderr, err)) = (withheld(output.stdout), withheld(output.stderr));
    let both = format!("{stdout}{stderr}");
    let mut facts = json!({
        "exit": output.code, "ended": ended, "stdout": stdout, "stderr": stderr, "said": both, "reveals-key": out || err,
    });
    if !out {
        facts["rows"] = json!(rows);
    }
    facts
}

fn withheld(text: String) -> (String, bool) {
    if secret::is_secret(&text) { (secret::WITHHELD.to_owned(), true) } else { (text, false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str) -> ShellOutput {
        ShellOutput { code: 0, cut_off: false, stdout: stdout.to_owned(), stderr: String::new() }
    }

    #[test]
    fn a_key_is_reported_and_never_shown() {
        let facts = facts(output("data:\n  tls.key: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0t\n"));
        assert_eq!(facts["reveals-key"], true);
        assert!(!secret::is_secret(&facts.to_string()), "{facts}");
    }

    #[test]
    fn output_without_secrets_is_split_into_words() {
        let facts = facts(output("NAME   READY\nproxy-api-tls   True\n"));
        assert_eq!(facts["reveals-key"], false);
        assert_eq!(facts["rows"], json!([["NAME", "READY"], ["proxy-api-tls", "True"]]));
    }
}
