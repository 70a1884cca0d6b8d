//! The resources that a scenario changes and reads, by namespace and tree, to detect conflicts between two scenarios.
//!
//! Pure. What a step touches is said by its verb; this module knows which part of the stack that is.

use mtls_core::scenario::{
    model::{Participant, Scenario},
    verbs::{Footprint as Touched, Reach, Resource},
};

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
        Self { changed: scopes(touched(scenario).iter().flat_map(|one| &one.changed)), ..Self::default() }
    }

    /// The changes of a scenario, and every resource that it reads or depends on, independent of its isolation.
    pub(super) fn in_full(scenario: &Scenario) -> Self {
        let touched = touched(scenario);
        let changed = scopes(touched.iter().flat_map(|one| &one.changed));
        let reach = touched.iter().map(|one| one.reach).max().unwrap_or_default();
        let whole = changed.iter().any(|scope| dependencies::is_relied_on(&scope.name)) || reach == Reach::Everything;
        let needed = scenario
            .needs
            .features
            .iter()
            .filter_map(|feature| dependencies::provider(feature))
            .map(ResourceScope::all_of);
        let read = scopes(touched.iter().flat_map(|one| &one.read));
        Self { changed, read: members(scenario, reach).into_iter().chain(needed).chain(read).collect(), whole }
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

/// The scopes of the resources that a step names.
fn scopes<'a>(resources: impl Iterator<Item = &'a Resource>) -> Vec<ResourceScope> {
    resources.filter_map(ResourceScope::of).collect()
}

impl ResourceScope {
    /// `None` for what belongs to the scenario alone.
    fn of(resource: &Resource) -> Option<Self> {
        match resource {
            Resource::Issuers => Some(Self::issuing()),
            Resource::IssuedFrom(version) => dependencies::is_issued(group(version)).then(Self::issuing),
            Resource::Namespace(name) => Some(Self::all_of(name)),
            Resource::Objects { api_version, namespace } => Some(Self::objects(api_version, namespace)),
            Resource::Registered(version) => dependencies::registers(group(version)).map(Self::all_of),
            Resource::Secret(name) => Some(Self::of_secret(name)),
            Resource::Store(name) => Some(Self::of_store(name)),
            Resource::Tree(name) => Some(Self::all_of(&format!("tree {name}"))),
        }
    }

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

/// Everything that the steps touch, those of a fault included.
fn touched(scenario: &Scenario) -> Vec<Touched> {
    let steps = [&scenario.setup, &scenario.steps, &scenario.finally].into_iter().flatten();
    steps.map(|step| step.action.footprint(&scenario.participants)).collect()
}

/// A participant that connects depends on everything in its namespace; one that only fetches an SVID depends on its
/// Pods. A participant with its own identity also depends on the issuer.
fn members(scenario: &Scenario, reach: Reach) -> Vec<ResourceScope> {
    let of = |namespace: &str| match reach {
        Reach::Named => ResourceScope::objects("v1", namespace),
        Reach::Participants | Reach::Everything => ResourceScope::all_of(namespace),
    };
    let issued = |member: &Participant| member.identity.is_some().then(ResourceScope::issuing);
    scenario
        .participants
        .values()
        .flat_map(|member| issued(member).into_iter().chain([of(&member.namespace)]))
        .collect()
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
}
