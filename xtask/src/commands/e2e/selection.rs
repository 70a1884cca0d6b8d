//! Selects the scenarios that a command runs.

use mtls_core::{
    catalogue,
    certificate::profile,
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
    pub(super) library: scenario::library::Library,
    /// Known failures, if a file of them is given.
    pub(super) waivers: Option<catalogue::Waivers>,
}

/// Loads scenarios and catalogue; `None` after printing their errors.
pub(super) fn load(arguments: &Arguments) -> Option<Loaded> {
    let Ok(scenario::Loaded { scenarios: all, catalogue, library }) = arguments.directories.load() else {
        return None;
    };
    if let Some(infra) = arguments.world.infra.as_ref().filter(|infra| !infra.join("kustomization.yaml").is_file()) {
        eprintln!("error: {} has no kustomization.yaml; --infra takes a kustomize tree", infra.display());
        return None;
    }
    let waivers = match arguments.waivers.as_deref().map(crate::commands::lint::waivers) {
        Some(None) => return None,
        waivers => waivers.flatten(),
    };
    let known = all.clone();
    let mut all = narrowed(arguments, all)?;
    if arguments.core {
        scenario::only_core(&mut all, &catalogue);
    }
    if let Some(name) = &arguments.profile {
        match profile::load_all(&crate::paths::scenarios(), &catalogue).and_then(|known| profile::named(known, name)) {
            Ok(profile) => profile.narrow(&mut all, &catalogue),
            Err(error) => {
                eprintln!("error: {error}");
                return None;
            }
        }
    }
    match scenario::select(&all, arguments.hunt.as_deref().or(arguments.only.as_deref()), arguments.req.as_deref()) {
        Ok(selected) => Some(Loaded { selected, known, catalogue, library, waivers }),
        Err(error) => {
            eprintln!("error: {error}");
            None
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
