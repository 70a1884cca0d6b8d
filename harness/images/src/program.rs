//! One program of the stack, to be run on the host itself.
//!
//! Only fetched programs are available this way: nothing is compiled, and no engine is contacted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::cache::CacheEntry;
use super::component::{self, Tools};
use super::error::BuildError;
use super::model::BuildRequest;
use super::output::Facts;
use super::plan::{Plan, declared};

/// The program, if the declared version has already been fetched.
#[must_use]
pub fn cached_program(request: &BuildRequest, component: &str, output: &str) -> Option<PathBuf> {
    let plan = plan(request, component).ok()?;
    let (_, slot) = plan.components().next()?;
    let path = place(slot, &slot.facts::<Facts>()?, output)?;
    let executable = fs::metadata(&path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
    executable.then_some(path)
}

/// The program, fetched into the cache if it is missing.
///
/// # Errors
///
/// When it cannot be fetched, or the component has no such output.
pub async fn program(request: &BuildRequest, component: &str, output: &str) -> Result<PathBuf, BuildError> {
    let plan = plan(request, component)?;
    let unknown = || BuildError::Content {
        component: component.to_owned(),
        problem: format!("the declaration yields no {output}"),
        fix: "name a component and an output of stack.yaml".to_owned(),
    };
    let (one, slot) = plan.components().next().ok_or_else(unknown)?;
    let facts = if let Some(facts) = slot.facts() {
        facts
    } else {
        plan.cache.prepare()?;
        let _lock = plan.cache.lock(|| ()).await?;
        component::build(one, &plan.stack, &plan.sources, &plan.cache, slot).await?
    };
    let path = place(slot, &facts, output).ok_or_else(unknown)?;
    // Wheels and the cache store contents without modes.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
        .map_err(BuildError::file(format!("make {} executable", path.display())))?;
    Ok(path)
}

fn plan(request: &BuildRequest, component: &str) -> Result<Plan, BuildError> {
    let mut stack = declared(request)?;
    stack.components.retain(|one| one.id == component);
    // Fetched files do not depend on compilers, whose versions are slow to query.
    Plan::of(stack, request, &Tools::default())
}

fn place(slot: &CacheEntry, facts: &Facts, output: &str) -> Option<PathBuf> {
    facts.outputs.iter().any(|one| one.name == output).then(|| slot.directory().join(output))
}
