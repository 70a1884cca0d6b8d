//! `command`: what a document prints for its readers, run as printed and held against the truth.
//!
//! The one place where a script is run, for here the script is what is examined: its answer is no proof of anything but itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    evidence::secret,
    run::{
        context::{Context, Observation},
        error::StepError,
        undo::Undo,
    },
    scenario::{
        documented_command::{DocumentedCommand, Replacement},
        model::Step,
    },
    stack::shell::{ShellOutput, shell},
    world::World,
};

/// Of what takes a change back.
const UNDO_LIMIT: Duration = Duration::from_secs(40);

pub(crate) async fn observe(
    context: &Context<'_>,
    step: &Step,
    printed: &DocumentedCommand,
) -> Result<Observation, StepError> {
    if let Some(undo) = &printed.undo {
        context.will_undo(&step.id, Undo::Command(undo.clone())).await?;
    }
    let ran = printed.run_as();
    let mut facts = facts(said(context.world, &ran, printed.within).await?);
    let instead = match &printed.instead {
        Some(text) => Some(self::facts(said(context.world, text, printed.within).await?)),
        None => None,
    };
    facts["class"] = json!(printed.class(&facts, instead.as_ref()).word());
    facts["printed"] = json!(printed.text);
    if !printed.replace.is_empty() {
        facts["ran"] = json!(ran);
        let part = |part: &Replacement| format!("{} by {}: {}", part.text, part.by, part.because);
        facts["replaced"] = printed.replace.iter().map(part).collect();
    }
    if let (Some(mut instead), Some(text)) = (instead, &printed.instead) {
        instead["ran"] = json!(text);
        facts["instead"] = instead;
    }
    let evidence = context.store(facts.to_string().as_bytes(), "application/json");
    Ok(Observation { facts, source: "direct", evidence })
}

pub(crate) async fn undo(world: &World, text: &str) -> Result<(), StepError> {
    let said = said(world, text, UNDO_LIMIT).await?;
    if said.code == 0 {
        return Ok(());
    }
    Err(StepError(format!("`{text}` ended with {}: {}", said.code, withheld(said.stderr).0)))
}

async fn said(world: &World, text: &str, limit: Duration) -> Result<ShellOutput, StepError> {
    let trees = world.trees().map_err(|error| StepError::of(&error))?;
    shell(trees, text, limit).await.map_err(|error| StepError::of(&error))
}

/// What was said, without the keys in it; that there was one is a fact.
fn facts(said: ShellOutput) -> Value {
    let ended = if said.cut_off { "at-its-limit" } else { "by-itself" };
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = said.stdout.lines().map(words).filter(|row: &Vec<String>| !row.is_empty()).collect();
    let ((stdout, out), (stderr, err)) = (withheld(said.stdout), withheld(said.stderr));
    let both = format!("{stdout}{stderr}");
    let mut facts = json!({
        "exit": said.code, "ended": ended, "stdout": stdout, "stderr": stderr, "said": both, "reveals-key": out || err,
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

    fn said(stdout: &str) -> ShellOutput {
        ShellOutput { code: 0, cut_off: false, stdout: stdout.to_owned(), stderr: String::new() }
    }

    #[test]
    fn a_key_is_a_fact_and_never_shown() {
        let facts = facts(said("data:\n  tls.key: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0t\n"));
        assert_eq!(facts["reveals-key"], true);
        assert!(!secret::is_secret(&facts.to_string()), "{facts}");
    }

    #[test]
    fn what_is_no_secret_is_shown_word_by_word() {
        let facts = facts(said("NAME   READY\nproxy-api-tls   True\n"));
        assert_eq!(facts["reveals-key"], false);
        assert_eq!(facts["rows"], json!([["NAME", "READY"], ["proxy-api-tls", "True"]]));
    }
}
