//! What a scenario changes, by namespace and tree: two that share nothing of it may be told side by side.
//!
//! Only looks at the story itself. Sabotages are told alone.

use std::collections::BTreeSet;

use super::model::{Action, Scenario, Step};

/// Everything of the world that a scenario changes, in words that are equal where two scenarios meet.
pub fn territory(scenario: &Scenario) -> BTreeSet<String> {
    let all = [&scenario.setup, &scenario.steps, &scenario.finally];
    all.into_iter().flatten().flat_map(|step| changed(scenario, step)).collect()
}

fn changed(scenario: &Scenario, step: &Step) -> Vec<String> {
    let namespace = |name: Option<&str>| name.map(|name| format!("namespace {name}"));
    let of_secret = |name: &str| namespace(name.split('/').next());
    let of_member = |name: &str| namespace(scenario.cast.get(name).map(|member| member.namespace.as_str()));
    let one = match &step.action {
        Action::Apply(apply) => {
            let objects = apply.objects.iter().filter_map(|object| {
                let own = (object["kind"] == "Namespace").then(|| object["metadata"]["name"].as_str());
                namespace(own.unwrap_or_else(|| object["metadata"]["namespace"].as_str()))
            });
            return objects.chain(apply.tree.iter().map(|tree| format!("tree {tree}"))).collect();
        }
        Action::Break(broken) => return broken.steps.iter().flat_map(|step| changed(scenario, step)).collect(),
        Action::Delete(target) => namespace(target.namespace.as_deref()),
        Action::Patch(patch) => namespace(patch.target.namespace.as_deref()),
        Action::Exec(exec) => namespace(Some(&exec.namespace)),
        Action::Trust(trust) => of_secret(&trust.store),
        Action::Rotate(rotate) => rotate
            .secret
            .as_deref()
            .and_then(of_secret)
            .or_else(|| of_member(rotate.of.as_deref().or(rotate.svid.as_deref())?)),
        Action::Weaken(weaken) => weaken.workload.as_ref().and_then(|workload| of_member(&workload.of)),
        _ => None,
    };
    one.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::load;

    #[test]
    fn what_is_changed_is_told_from_what_is_called() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("scenarios");
        let of = |id: &str| {
            let scenario = load(&root.join(format!("{id}.yaml")), &root).unwrap();
            territory(&scenario).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of("strict/enforcement-grid"), Vec::<String>::new());
        assert_eq!(of("alerts/expiring-soon"), ["namespace mtls-e2e-alerts", "tree lab/alerts"]);
        assert_eq!(of("rotation/leaf-manual"), ["namespace x0tta6bl4-production"]);
        assert_eq!(of("faults/destination-rule"), ["namespace x0tta6bl4-production"]);
        let (literal, root) = (of("faults/root-literal"), of("rotation/root"));
        assert!(literal.iter().any(|place| root.contains(place)), "{literal:?} {root:?}");
    }
}
