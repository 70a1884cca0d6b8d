//! Which of the scenarios to run.

use std::collections::BTreeSet;

use super::{
    model::Scenario,
    pattern::{fits, matches},
};
use crate::yaml::nearest;

/// A selection that would run nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    #[error("no scenario matches `{pattern}`; {}", nearby(near))]
    NoScenario { pattern: String, near: Vec<String> },
    #[error("no sabotage of the selected scenarios matches `{pattern}`; {}", nearby(near))]
    NoSabotage { pattern: String, near: Vec<String> },
    #[error("no {}scenario proves `{requirement}`; {}", if *.narrowed { "selected " } else { "" }, nearby(near))]
    NoRequirement { requirement: String, near: Vec<String>, narrowed: bool },
}

/// Scenarios whose id matches `only` (a part of the id, or a glob with `*`) and that prove `req` (an id, or a glob).
///
/// # Errors
/// When nothing is left, with the nearest ids: an empty run must not look like a run.
pub fn select(scenarios: &[Scenario], only: Option<&str>, req: Option<&str>) -> Result<Vec<Scenario>, SelectError> {
    let named: Vec<&Scenario> =
        scenarios.iter().filter(|scenario| only.is_none_or(|pattern| fits(pattern, &scenario.id))).collect();
    if named.is_empty() {
        let pattern = only.unwrap_or("*").to_owned();
        let near = near(&pattern, scenarios.iter().map(|scenario| scenario.id.as_str()));
        return Err(SelectError::NoScenario { pattern, near });
    }
    let Some(requirement) = req else { return Ok(named.into_iter().cloned().collect()) };
    let proving: Vec<Scenario> = named
        .into_iter()
        .filter(|scenario| scenario.proves.iter().any(|proven| matches(requirement, proven)))
        .cloned()
        .collect();
    if proving.is_empty() {
        let near = near(requirement, scenarios.iter().flat_map(|scenario| &scenario.proves).map(String::as_str));
        return Err(SelectError::NoRequirement { requirement: requirement.to_owned(), near, narrowed: only.is_some() });
    }
    Ok(proving)
}

/// The trials of these scenarios whose sabotage fits one of the patterns (a part of its id, or a glob); without any, all.
///
/// # Errors
/// When a pattern fits none: an empty proof must not look like a proof.
pub fn select_trials(scenarios: &[Scenario], patterns: &[String]) -> Result<BTreeSet<String>, SelectError> {
    let all: BTreeSet<String> = scenarios
        .iter()
        .flat_map(|scenario| scenario.sabotages.iter().map(|sabotage| sabotage.trial_id(&scenario.id)))
        .collect();
    let every = ["*".to_owned()];
    let mut chosen = BTreeSet::new();
    for pattern in if patterns.is_empty() { &every } else { patterns } {
        let found: Vec<&String> = all.iter().filter(|id| fits(pattern, id)).collect();
        if found.is_empty() {
            let near = near(pattern, all.iter().map(String::as_str));
            return Err(SelectError::NoSabotage { pattern: pattern.clone(), near });
        }
        chosen.extend(found.into_iter().cloned());
    }
    Ok(chosen)
}

/// Up to five ids to try instead: a slip of the hand first, then those most alike.
fn near<'a>(wanted: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let slip = nearest(wanted, ids.iter().copied());
    let likeness = |id: &str| strsim::jaro_winkler(wanted, id);
    ids.sort_by(|left, right| likeness(right).total_cmp(&likeness(left)));
    let others = ids.into_iter().filter(|id| Some(*id) != slip);
    slip.into_iter().chain(others).take(5).map(str::to_owned).collect()
}

fn nearby(near: &[String]) -> String {
    if near.is_empty() { "there is none at all".to_owned() } else { format!("nearest: {}", near.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load::example;

    fn scenarios() -> Vec<Scenario> {
        ["rotation/leaf", "rotation/root", "strict/grid"]
            .into_iter()
            .zip(["ROT-02", "ROT-04", "MESH-01"])
            .map(|(id, requirement)| {
                let text = format!(
                    "{{apiVersion: mtls-e2e/v1alpha2, kind: Scenario, metadata: {{id: {id}, title: t, owner: o}}, \
                     proves: [{requirement}], needs: {{features: [], budget: 5m}}, isolation: shared, steps: \
                     [{{id: a, requirements: [{requirement}], promql: {{query: up}}, expect: {{value: 1}}}}]}}"
                );
                example(id, &text, &[requirement])
            })
            .collect()
    }

    #[test]
    fn parts_and_globs_and_requirements_select() {
        let scenarios = scenarios();
        let rows: [(Option<&str>, Option<&str>, &[&str]); 6] = [
            (None, None, &["rotation/leaf", "rotation/root", "strict/grid"]),
            (Some("leaf"), None, &["rotation/leaf"]),
            (Some("rotation/*"), None, &["rotation/leaf", "rotation/root"]),
            (None, Some("MESH-01"), &["strict/grid"]),
            (None, Some("ROT-*"), &["rotation/leaf", "rotation/root"]),
            (Some("root"), Some("ROT-*"), &["rotation/root"]),
        ];
        for (only, req, expected) in rows {
            let selected = select(&scenarios, only, req).unwrap();
            assert_eq!(selected.iter().map(|scenario| scenario.id.as_str()).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_selection_of_nothing_is_an_error() {
        let message = |only, req| select(&scenarios(), only, req).unwrap_err().to_string();
        assert_eq!(
            message(Some("rotation/leef"), None),
            "no scenario matches `rotation/leef`; nearest: rotation/leaf, rotation/root, strict/grid"
        );
        assert_eq!(message(None, Some("MESH-1")), "no scenario proves `MESH-1`; nearest: MESH-01, ROT-02, ROT-04");
        assert_eq!(
            message(Some("strict"), Some("ROT-02")),
            "no selected scenario proves `ROT-02`; nearest: ROT-02, ROT-04, MESH-01"
        );
    }
}
