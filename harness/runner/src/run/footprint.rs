//! The resources that a scenario changes and reads, by namespace and tree, to detect conflicts between two scenarios.
//!
//! Pure. It reads the scenario only. Documented commands and programs of the harness count as touching every resource.

use mtls_core::scenario::model::{Action, Apply, ObjectReference, Participant, Scenario, Step};
use serde_json::Value;

use crate::stack::dependencies;

/// The resources that one scenario touches.
#[derive(Clone, Debug, Default)]
pub(super) struct Footprint {
    changed: Vec<ResourceScope>,
    read: Vec<ResourceScope>,
    /// It may change or read any resource.
    whole: bool,
}

/// A part of a namespace or of a tree.
#[derive(Clone, Debug, PartialEq)]
struct ResourceScope {
    name: String,
    part: ScopePart,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ScopePart {
    All,
    Policies,
    /// The other objects, which controllers create from each other: Secrets of Certificates, Pods of Deployments.
    Others,
}

impl Footprint {
    /// The changes of a scenario. Enough where its isolation promises that it reads no resource of another scenario.
    pub(super) fn declared(scenario: &Scenario) -> Self {
        Self { changed: every_step(scenario).flat_map(|step| changed(scenario, step)).collect(), ..Self::default() }
    }

    /// The changes of a scenario, and every resource that it reads or depends on, independent of its isolation.
    pub(super) fn in_full(scenario: &Scenario) -> Self {
        let Self { changed, .. } = Self::declared(scenario);
        let whole =
            changed.iter().any(|scope| dependencies::is_relied_on(&scope.name)) || every_step(scenario).any(takes_all);
        let needed = scenario
            .needs
            .features
            .iter()
            .filter_map(|feature| dependencies::provider(feature))
            .map(ResourceScope::all_of);
        let read = every_step(scenario).flat_map(|step| resources_read(&step.action));
        Self { changed, read: members(scenario).into_iter().chain(needed).chain(read).collect(), whole }
    }

    /// Whether one scenario changes a resource that the other changes or reads.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let overlap = |some: &[ResourceScope], others: &[ResourceScope]| {
            some.iter().any(|one| others.iter().any(|other| one.conflicts_with(other)))
        };
        let changes = overlap(&self.changed, &other.changed);
        let reads = overlap(&self.changed, &other.read) || overlap(&other.changed, &self.read);
        self.whole || other.whole || changes || reads
    }
}

impl ResourceScope {
    fn all_of(name: &str) -> Self {
        Self { name: name.to_owned(), part: ScopePart::All }
    }

    /// The objects of an API version in a namespace.
    fn objects(api_version: &str, namespace: &str) -> Self {
        let group = group(api_version);
        if dependencies::issues(group, namespace) {
            return Self::issuing();
        }
        let part = if dependencies::is_policy(group) { ScopePart::Policies } else { ScopePart::Others };
        Self { part, ..Self::all_of(namespace) }
    }

    /// A Secret is written `namespace/name`.
    fn of_secret(name: &str) -> Self {
        Self::objects("v1", name.split_once('/').map_or(name, |(namespace, _)| namespace))
    }

    /// A trust store is a Secret, or a cluster-scoped Bundle.
    fn of_store(name: &str) -> Self {
        if name.contains('/') { Self::of_secret(name) } else { Self::all_of(&format!("bundle {name}")) }
    }

    fn issuing() -> Self {
        Self::all_of(dependencies::ISSUING)
    }

    fn conflicts_with(&self, other: &Self) -> bool {
        let parts = self.part == ScopePart::All || other.part == ScopePart::All || self.part == other.part;
        self.name == other.name && parts
    }
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// A participant that connects depends on everything in its namespace; one that only fetches an SVID depends on its
/// Pods. A participant with its own identity also depends on the issuer.
fn members(scenario: &Scenario) -> Vec<ResourceScope> {
    let connects = every_step(scenario).any(|step| connects(&step.action));
    let of = |namespace: &str| {
        if connects { ResourceScope::all_of(namespace) } else { ResourceScope::objects("v1", namespace) }
    };
    let issued = |member: &Participant| member.identity.is_some().then(ResourceScope::issuing);
    scenario
        .participants
        .values()
        .flat_map(|member| issued(member).into_iter().chain([of(&member.namespace)]))
        .collect()
}

fn connects(action: &Action) -> bool {
    match action {
        Action::EnvoyConfig(_) | Action::Probe(_) | Action::Traffic(_) | Action::Misconfigure(_) => true,
        Action::Inspect(inspect) => inspect.sidecar.is_some(),
        Action::Rotate(rotate) => rotate.of.is_some() || rotate.svid.is_some(),
        _ => false,
    }
}

/// Every step, including the steps inside a fault.
fn every_step(scenario: &Scenario) -> impl Iterator<Item = &Step> {
    let all = [&scenario.setup, &scenario.steps, &scenario.finally];
    all.into_iter().flatten().flat_map(|step| match &step.action {
        Action::Break(broken) => broken.every_step().collect(),
        _ => vec![step],
    })
}

/// Whether a step may touch any resource: a cluster-scoped object, a program of the harness, a shell command.
fn takes_all(step: &Step) -> bool {
    match &step.action {
        Action::Cases(_)
        | Action::Command(_)
        | Action::ClientBehaviour(_)
        | Action::ProxyStatus(_)
        | Action::Reapply(_) => true,
        Action::Delete(target) => target.namespace.is_none(),
        Action::Get(get) | Action::Wait(get) => get.namespace.is_none() && get.name.is_none(),
        Action::Patch(patch) => patch.target.namespace.is_none(),
        Action::Misconfigure(weaken) => weaken.workload.is_none(),
        _ => false,
    }
}

fn changed(scenario: &Scenario, step: &Step) -> Vec<ResourceScope> {
    let of_member = |name: &str| scenario.participants.get(name).map(|member| ResourceScope::all_of(&member.namespace));
    let one = match &step.action {
        Action::Apply(apply) => return made(apply),
        Action::Delete(object) => of_object(object),
        Action::Patch(patch) => of_object(&patch.target),
        Action::Exec(exec) => Some(ResourceScope::all_of(&exec.namespace)),
        Action::Trust(trust) => Some(ResourceScope::of_store(&trust.store)),
        Action::Rotate(rotate) => {
            let member = || of_member(rotate.of.as_deref().or(rotate.svid.as_deref())?);
            rotate.secret.as_deref().map(ResourceScope::of_secret).or_else(member)
        }
        Action::Misconfigure(weaken) => weaken.workload.as_ref().and_then(|workload| of_member(&workload.of)),
        _ => None,
    };
    one.into_iter().collect()
}

fn of_object(object: &ObjectReference) -> Option<ResourceScope> {
    object.namespace.as_deref().map(|namespace| ResourceScope::objects(&object.api_version, namespace))
}

/// The scopes of applied objects. A cluster-scoped object belongs to the scenario, except one that registers
/// identities.
fn made(apply: &Apply) -> Vec<ResourceScope> {
    let scope = |object: &Value| match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Some(ResourceScope::objects(object["apiVersion"].as_str().unwrap_or_default(), namespace)),
        None if object["kind"] == "Namespace" => object["metadata"]["name"].as_str().map(ResourceScope::all_of),
        // It may change the identity of another participant.
        None => {
            dependencies::registers(group(object["apiVersion"].as_str().unwrap_or_default())).map(ResourceScope::all_of)
        }
    };
    let trees = apply.tree.iter().map(|tree| ResourceScope::all_of(&format!("tree {tree}")));
    apply.objects.iter().filter_map(scope).chain(trees).collect()
}

fn resources_read(action: &Action) -> Vec<ResourceScope> {
    let issued = |version: &str| dependencies::is_issued(group(version)).then(ResourceScope::issuing);
    let of_secrets =
        |all: &[Option<&String>]| all.iter().copied().flatten().map(|name| ResourceScope::of_secret(name)).collect();
    let one = match action {
        Action::Alert(alert) => alert.labels.get("namespace").map(|name| ResourceScope::all_of(name)),
        Action::Apply(apply) => {
            let versions = apply.objects.iter().filter_map(|object| object["apiVersion"].as_str());
            return versions.filter_map(issued).chain(apply.tree.iter().map(|_| ResourceScope::issuing())).collect();
        }
        Action::Delete(object) => issued(&object.api_version),
        Action::Get(get) | Action::Wait(get) => {
            get.namespace.as_deref().map(|namespace| ResourceScope::objects(&get.api_version, namespace))
        }
        Action::Inspect(inspect) => {
            return of_secrets(&[inspect.secret.as_ref(), inspect.anchor.as_ref(), inspect.issuer.as_ref()]);
        }
        Action::Patch(patch) => issued(&patch.target.api_version),
        Action::Promql(promql) => return quoted_in(&promql.query),
        Action::Rotate(rotate) => return rotate.secret.iter().map(|_| ResourceScope::issuing()).collect(),
        Action::Trust(trust) => return trust.roots.iter().map(|secret| ResourceScope::of_secret(secret)).collect(),
        _ => None,
    };
    one.into_iter().collect()
}

/// Every quoted string of a query, as a namespace. Strings that are not namespaces do no harm.
fn quoted_in(query: &str) -> Vec<ResourceScope> {
    query.split('"').skip(1).step_by(2).map(ResourceScope::all_of).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use mtls_core::scenario::{load, trial::trial};

    fn scenario(id: &str) -> Scenario {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        load(&root.join(format!("{id}.yaml")), &root).unwrap()
    }

    fn footprint(id: &str) -> Footprint {
        let (owner, sabotage) = id.split_once('!').unwrap();
        let owner = scenario(owner);
        Footprint::in_full(&trial(&owner, owner.sabotages.iter().find(|one| one.id == sabotage).unwrap()))
    }

    #[test]
    fn a_called_workload_is_not_a_changed_one() {
        let of = |id: &str| {
            let mut names: Vec<_> =
                Footprint::declared(&scenario(id)).changed.into_iter().map(|scope| scope.name).collect();
            names.sort();
            names.dedup();
            names
        };
        assert_eq!(of("strict/enforcement-grid"), Vec::<String>::new());
        assert_eq!(of("alerts/expiring-soon"), ["mtls-e2e-alerts", "tree lab/alerts"]);
        assert_eq!(of("rotation/leaf-manual"), ["x0tta6bl4-production"]);
        assert_eq!(of("faults/destination-rule"), ["x0tta6bl4-production"]);
    }

    #[test]
    fn scenarios_of_one_tree_conflict() {
        let (literal, root) = (scenario("faults/root-literal"), scenario("rotation/root"));
        assert!(Footprint::declared(&literal).conflicts_with(&Footprint::declared(&root)));
    }

    #[test]
    fn trials_conflict_where_one_changes_a_resource_that_the_other_reads() {
        let conflict = |one: &str, other: &str| {
            let (one, other) = (footprint(one), footprint(other));
            (one.conflicts_with(&other), other.conflicts_with(&one))
        };
        let policy = "strict/enforcement-grid!permissive";
        // It does not query Prometheus, and uses cert-manager only for an identity.
        assert_eq!(conflict(policy, "pki/requests!renewer-stopped"), (true, true));
        assert_eq!(
            conflict("alerts/policy-violation!rules-not-loaded", "pki/requests!renewer-stopped"),
            (false, false)
        );
        assert_eq!(conflict(policy, "alerts/expiring-soon!alertmanager-down"), (false, false));
        assert_eq!(conflict(policy, "faults/root-literal!old-issuer"), (false, false));
        // A Secret of a changed Certificate in the same namespace.
        assert_eq!(conflict("faults/secret-deleted!of-another-ca", "pki/hierarchy!lives-long"), (true, true));
        // The same namespace; the issuing programs; Prometheus; the shared dependencies; any command.
        assert_eq!(conflict(policy, "faults/sidecar-dead!bypass"), (true, true));
        assert_eq!(conflict("faults/root-literal!old-issuer", "pki/requests!renewer-stopped"), (true, true));
        assert_eq!(
            conflict("alerts/expiring-soon!alertmanager-down", "alerts/policy-violation!alertmanager-down"),
            (true, true)
        );
        assert_eq!(conflict(policy, "identity/svid-profile!agent-down"), (true, true));
        assert_eq!(conflict(policy, "pki/hierarchy!short-root"), (true, true));
        assert_eq!(conflict(policy, "docs/changing!renewer-stopped"), (true, true));
    }

    #[test]
    fn a_query_reads_the_namespaces_that_it_names() {
        assert_eq!(quoted_in(r#"up{namespace="a",pod!="b"} > 0"#), ["a", "b"].map(ResourceScope::all_of));
    }
}
