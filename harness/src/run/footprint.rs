//! Where two scenarios would meet: what each changes and what it looks at, by namespace and tree.
//!
//! Pure. It knows what a scenario says of itself; what a document's commands do, or a program of ours, it takes for everything.

use serde_json::Value;

use crate::{
    scenario::model::{Action, Apply, CastMember, ObjectReference, Scenario, Step},
    stack::dependencies,
};

/// Two scenarios meet where their places do.
#[derive(Clone, Debug, Default)]
pub(super) struct Footprint {
    changed: Vec<ResourceScope>,
    seen: Vec<ResourceScope>,
    /// It may change or look at anything.
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
    /// The rest, which controllers make from each other: Secrets of Certificates, Pods of Deployments.
    Others,
}

impl Footprint {
    /// Of a scenario whose isolation says that it looks at nobody else's things: what it changes.
    pub(super) fn declared(scenario: &Scenario) -> Self {
        Self { changed: every_step(scenario).flat_map(|step| changed(scenario, step)).collect(), ..Self::default() }
    }

    /// Of any scenario, whatever its isolation says: what it changes, and all that it looks at or relies on.
    pub(super) fn in_full(scenario: &Scenario) -> Self {
        let Self { changed, .. } = Self::declared(scenario);
        let whole =
            changed.iter().any(|place| dependencies::is_relied_on(&place.name)) || every_step(scenario).any(takes_all);
        let needed = scenario
            .needs
            .features
            .iter()
            .filter_map(|feature| dependencies::provider(feature))
            .map(ResourceScope::all_of);
        let looked = every_step(scenario).flat_map(|step| looked_at(&step.action));
        Self { changed, seen: members(scenario).into_iter().chain(needed).chain(looked).collect(), whole }
    }

    /// Whether one changes what the other changes or looks at.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let meet = |some: &[ResourceScope], others: &[ResourceScope]| {
            some.iter().any(|one| others.iter().any(|other| one.conflicts_with(other)))
        };
        let changes = meet(&self.changed, &other.changed);
        self.whole || other.whole || changes || meet(&self.changed, &other.seen) || meet(&other.changed, &self.seen)
    }
}

impl ResourceScope {
    fn all_of(name: &str) -> Self {
        Self { name: name.to_owned(), part: ScopePart::All }
    }

    /// The objects of such an API version in a namespace.
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

    /// A trust store is a Secret, or a Bundle, which lies in no namespace.
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

/// Who is only asked for an SVID has to run; who talks depends on everything in the namespace, and some get a certificate for it.
fn members(scenario: &Scenario) -> Vec<ResourceScope> {
    let talks = every_step(scenario).any(|step| talks(&step.action));
    let of = |namespace: &str| {
        if talks { ResourceScope::all_of(namespace) } else { ResourceScope::objects("v1", namespace) }
    };
    let issued = |member: &CastMember| member.identity.is_some().then(ResourceScope::issuing);
    scenario.cast.values().flat_map(|member| issued(member).into_iter().chain([of(&member.namespace)])).collect()
}

fn talks(action: &Action) -> bool {
    match action {
        Action::EnvoyConfig(_) | Action::Probe(_) | Action::Traffic(_) | Action::Misconfigure(_) => true,
        Action::Inspect(inspect) => inspect.sidecar.is_some(),
        Action::Rotate(rotate) => rotate.of.is_some() || rotate.svid.is_some(),
        _ => false,
    }
}

/// Every step, and those inside of others.
fn every_step(scenario: &Scenario) -> impl Iterator<Item = &Step> {
    let all = [&scenario.setup, &scenario.steps, &scenario.finally];
    all.into_iter().flatten().flat_map(|step| match &step.action {
        Action::Break(broken) => broken.steps.iter().chain([&*broken.confirm]).chain(broken.over.as_deref()).collect(),
        _ => vec![step],
    })
}

/// Whether a step may reach anything: an object of no namespace, a program of ours, commands for a console.
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
    let of_member = |name: &str| scenario.cast.get(name).map(|member| ResourceScope::all_of(&member.namespace));
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

/// What is applied is the scenario's own where it lies in no namespace.
fn made(apply: &Apply) -> Vec<ResourceScope> {
    let place = |object: &Value| match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Some(ResourceScope::objects(object["apiVersion"].as_str().unwrap_or_default(), namespace)),
        None if object["kind"] == "Namespace" => object["metadata"]["name"].as_str().map(ResourceScope::all_of),
        // Another's identity may change with it.
        None => {
            dependencies::registers(group(object["apiVersion"].as_str().unwrap_or_default())).map(ResourceScope::all_of)
        }
    };
    let trees = apply.tree.iter().map(|tree| ResourceScope::all_of(&format!("tree {tree}")));
    apply.objects.iter().filter_map(place).chain(trees).collect()
}

fn looked_at(action: &Action) -> Vec<ResourceScope> {
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
        Action::Promql(promql) => return asked_about(&promql.query),
        Action::Rotate(rotate) => return rotate.secret.iter().map(|_| ResourceScope::issuing()).collect(),
        Action::Trust(trust) => return trust.roots.iter().map(|secret| ResourceScope::of_secret(secret)).collect(),
        _ => None,
    };
    one.into_iter().collect()
}

/// The namespaces that a query names in quotation marks, with whatever else it names so.
fn asked_about(query: &str) -> Vec<ResourceScope> {
    query.split('"').skip(1).step_by(2).map(ResourceScope::all_of).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{load, trial::trial};

    fn scenario(id: &str) -> Scenario {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("scenarios");
        load(&root.join(format!("{id}.yaml")), &root).unwrap()
    }

    fn told(id: &str) -> Footprint {
        let (owner, sabotage) = id.split_once('!').unwrap();
        let owner = scenario(owner);
        Footprint::in_full(&trial(&owner, owner.sabotages.iter().find(|one| one.id == sabotage).unwrap()))
    }

    #[test]
    fn what_is_changed_is_told_from_what_is_called() {
        let of = |id: &str| {
            let mut names: Vec<_> =
                Footprint::declared(&scenario(id)).changed.into_iter().map(|place| place.name).collect();
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
    fn those_of_one_tree_meet() {
        let (literal, root) = (scenario("faults/root-literal"), scenario("rotation/root"));
        assert!(Footprint::declared(&literal).conflicts_with(&Footprint::declared(&root)));
    }

    #[test]
    fn trials_meet_where_one_changes_what_the_other_looks_at() {
        let meet =
            |one: &str, other: &str| (told(one).conflicts_with(&told(other)), told(other).conflicts_with(&told(one)));
        let policy = "strict/enforcement-grid!permissive";
        // Nobody there asks Prometheus for anything, nor cert-manager but for an identity.
        assert_eq!(meet(policy, "pki/requests!renewer-stopped"), (true, true));
        assert_eq!(meet("alerts/policy-violation!rules-not-loaded", "pki/requests!renewer-stopped"), (false, false));
        assert_eq!(meet(policy, "alerts/expiring-soon!alertmanager-down"), (false, false));
        assert_eq!(meet(policy, "faults/root-literal!old-issuer"), (false, false));
        // A Secret of the same namespace, of a Certificate that is changed.
        assert_eq!(meet("faults/secret-deleted!of-another-ca", "pki/hierarchy!lives-long"), (true, true));
        // The same namespace; the programs that issue; Prometheus; what everything relies on; any command.
        assert_eq!(meet(policy, "faults/sidecar-dead!bypass"), (true, true));
        assert_eq!(meet("faults/root-literal!old-issuer", "pki/requests!renewer-stopped"), (true, true));
        assert_eq!(
            meet("alerts/expiring-soon!alertmanager-down", "alerts/policy-violation!alertmanager-down"),
            (true, true)
        );
        assert_eq!(meet(policy, "identity/svid-profile!agent-down"), (true, true));
        assert_eq!(meet(policy, "pki/hierarchy!short-root"), (true, true));
        assert_eq!(meet(policy, "docs/changing!renewer-stopped"), (true, true));
    }

    #[test]
    fn a_query_looks_at_what_it_names() {
        assert_eq!(asked_about(r#"up{namespace="a",pod!="b"} > 0"#), ["a", "b"].map(ResourceScope::all_of));
    }
}
