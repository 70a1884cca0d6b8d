//! Selects the scenarios that a command runs.

use anyhow::{Context, Result};
use mtls_core::{
    catalogue,
    scenario::{
        self,
        model::{Isolation, Scenario},
    },
};

use super::Arguments;

/// The loaded scenarios.
pub(super) struct Loaded {
    /// The scenarios to run.
    pub(super) selected: Vec<Scenario>,
    /// All of them.
    pub(super) known: Vec<Scenario>,
    pub(super) catalogue: catalogue::Catalogue,
}

/// Loads scenarios and catalogue; `None` after printing their errors.
pub(super) fn load(arguments: &Arguments) -> Result<Option<Loaded>> {
    let all = match scenario::load_all(&arguments.scenarios) {
        Ok(all) => all,
        Err(errors) => {
            crate::commands::lint::shown(&errors);
            return Ok(None);
        }
    };
    if let Some(infra) = arguments.infra.as_ref().filter(|infra| !infra.join("kustomization.yaml").is_file()) {
        eprintln!("error: {} has no kustomization.yaml; --infra takes a kustomize tree", infra.display());
        return Ok(None);
    }
    let catalogue = catalogue::load(&arguments.scenarios.join("requirements.yaml")).context("load the requirements")?;
    let known = all.clone();
    let Some(mut all) = narrowed(arguments, all) else { return Ok(None) };
    if arguments.core {
        scenario::only_core(&mut all, &catalogue);
    }
    match scenario::select(&all, arguments.hunt.as_deref().or(arguments.only.as_deref()), arguments.req.as_deref()) {
        Ok(selected) => Ok(Some(Loaded { selected, known, catalogue })),
        Err(error) => {
            eprintln!("error: {error}");
            Ok(None)
        }
    }
}

/// Removes the excluded scenarios; `None` if none is left.
fn narrowed(arguments: &Arguments, mut all: Vec<Scenario>) -> Option<Vec<Scenario>> {
    let before = all.len();
    if let Some(tag) = &arguments.without_tag {
        all.retain(|scenario| !scenario.tags.contains(tag));
        if all.len() == before {
            eprintln!("error: no scenario has the tag `{tag}`");
            return None;
        }
        say!("left out: {} of {before} scenarios, with the tag `{tag}`", before - all.len());
    }
    all.retain(|scenario| !arguments.read_only || scenario.isolation == Isolation::Shared);
    Some(all)
}
