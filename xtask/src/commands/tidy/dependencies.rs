//! Rules about packages: source, licence, bans, and dependencies inside the workspace.

use std::collections::BTreeMap;

use super::{
    deny::Policy,
    licence,
    metadata::{Graph, Package},
    problem::Problem,
};

pub(super) fn check(graph: &Graph, policy: &Policy) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        graph.packages.iter().flat_map(|package| of_package(graph, package, policy)).collect();
    problems.extend(duplicates(graph));
    problems
}

fn of_package(graph: &Graph, package: &Package, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut complain = |rule, message: String| {
        problems.push(Problem::error(MANIFEST, None, rule, format!("{} {}: {message}", package.name, package.version)));
    };
    let licence = package.license.as_deref().unwrap_or_default();
    if !licence::allows(licence, &policy.licenses.allow) {
        complain("licence", format!("`{licence}` is not on the list in deny.toml"));
    }
    if let Some(ban) = policy.bans.deny.iter().find(|ban| ban.name == package.name) {
        complain("banned", ban.reason.clone());
    }
    if graph.is_member(package) {
        let is_fixture = package.manifest_path.contains("/fixtures/");
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            // A test may put both sides against each other; the program that it tests is made of one side only.
            let is_for_tests = dependency.kind.as_deref() == Some("dev");
            if is_fixture && EXAMINER.contains(&name) && !is_for_tests {
                complain("examiner", format!("a fixture depends on {name}; it is the system under test"));
            }
            if !is_fixture && EXAMINED.contains(&name) && !is_for_tests {
                complain("examiner", format!("the harness depends on {name}, which it examines"));
            }
            if is_fixture {
                continue;
            }
            for home in HOMES.iter().filter(|home| home.crates.contains(&name)) {
                if !home.members.contains(&package.name.as_str()) {
                    let members = home.members.join(" and ");
                    complain("crate-home", format!("depends on {name}, which only {members} may: {}", home.reason));
                }
            }
        }
    } else if !package.source.as_deref().is_some_and(|source| source.starts_with("registry+")) {
        complain("source", "is not from a registry: a path or a git commit cannot be audited or mirrored".to_owned());
    }
    problems
}

/// Several versions take longer to build, and their types are incompatible.
fn duplicates(graph: &Graph) -> Vec<Problem> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &graph.packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let several = versions.iter().filter(|(_, versions)| versions.len() > 1);
    several
        .map(|(name, versions)| Problem::note(MANIFEST, "duplicate", format!("{name}: {}", versions.join(", "))))
        .collect()
}

const MANIFEST: &str = "Cargo.lock";
/// The system under test shares no code with the harness.
const EXAMINER: [&str; 10] = [
    "harness",
    "mtls-core",
    "mtls-engine",
    "mtls-images",
    "mtls-kubernetes",
    "mtls-mesh",
    "mtls-pki",
    "mtls-probe",
    "mtls-protocol",
    "xtask",
];
const EXAMINED: [&str; 3] = ["mtls-client", "mtls-identity", "reference-workload"];

/// External crates that only some members of the workspace may depend on. Fixtures are not members in this sense.
struct Home {
    crates: &'static [&'static str],
    members: &'static [&'static str],
    reason: &'static str,
}

const HOMES: [Home; 6] = [
    Home {
        crates: &["rcgen", "x509-parser"],
        members: &["mtls-pki", "mtls-probe"],
        reason: "certificates are read and made in one crate; the probe reads them in pods, and its tests make some",
    },
    Home { crates: &["rustls-webpki"], members: &["mtls-pki"], reason: "paths are validated in one crate" },
    Home { crates: &["kube"], members: &["mtls-kubernetes"], reason: "its clients check what a request may do" },
    Home { crates: &["bollard"], members: &["mtls-engine"], reason: "its client limits the time of every request" },
    Home { crates: &["testcontainers"], members: &["harness"], reason: "nodes are made in one place" },
    Home {
        crates: &["tokio", "hyper", "reqwest"],
        members: &["harness", "mtls-engine", "mtls-images", "mtls-kubernetes", "mtls-probe", "xtask"],
        reason: "plans, verdicts, reports and certificates are pure",
    },
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Policy {
        serde_json::from_value(json!({
            "licenses": {"allow": ["MIT"]}, "bans": {"deny": [{"crate": "openssl", "reason": "no"}]}
        }))
        .unwrap()
    }

    /// One valid package, changed by the argument.
    fn rules(change: &serde_json::Value) -> Vec<&'static str> {
        let mut package = json!({
            "id": "a 1.0.0", "name": "a", "version": "1.0.0", "license": "MIT", "source": "registry+https://example.test",
            "manifest_path": "/x/a/Cargo.toml", "dependencies": []
        });
        for (key, value) in change.as_object().unwrap() {
            package[key] = value.clone();
        }
        let graph = serde_json::from_value(json!({"packages": [package], "workspace_members": ["ours"]})).unwrap();
        check(&graph, &policy()).into_iter().map(|problem| problem.rule).collect()
    }

    #[test]
    fn each_rule_has_a_wrong_package() {
        let none: Vec<&str> = Vec::new();
        assert_eq!(rules(&json!({})), none);
        assert_eq!(rules(&json!({"license": "GPL-2.0"})), ["licence"]);
        assert_eq!(rules(&json!({"license": null})), ["licence"]);
        assert_eq!(rules(&json!({"name": "openssl"})), ["banned"]);
        assert_eq!(rules(&json!({"source": "git+https://example.test/a"})), ["source"]);
        assert_eq!(rules(&json!({"source": null})), ["source"]);
        let fixture = |dependency: &str| {
            json!({"id": "ours", "source": null, "manifest_path": "/x/fixtures/client/Cargo.toml",
                "dependencies": [{"name": dependency}]})
        };
        assert_eq!(rules(&fixture("harness")), ["examiner"]);
        assert_eq!(rules(&fixture("mtls-core")), ["examiner"]);
        assert_eq!(rules(&fixture("mtls-probe")), ["examiner"]);
        assert_eq!(rules(&fixture("mtls-protocol")), ["examiner"]);
        assert_eq!(rules(&fixture("mtls-identity")), none);
        assert_eq!(rules(&fixture("rcgen")), none);
        let member = |name: &str, dependency: &str| {
            rules(&json!({"id": "ours", "name": name, "source": null, "manifest_path": "/x/harness/a/Cargo.toml",
                "dependencies": [{"name": dependency}]}))
        };
        for (name, dependency) in [
            ("mtls-core", "tokio"),
            ("mtls-core", "kube"),
            ("mtls-core", "rcgen"),
            ("mtls-images", "bollard"),
            ("harness", "bollard"),
        ] {
            assert_eq!(member(name, dependency), ["crate-home"], "{name} {dependency}");
        }
        assert_eq!(member("mtls-pki", "rcgen"), none);
        assert_eq!(member("mtls-engine", "bollard"), none);
        assert_eq!(member("mtls-probe", "mtls-identity"), ["examiner"]);
        let in_tests = json!({"id": "ours", "name": "mtls-probe", "source": null, "manifest_path": "/x/harness/a/Cargo.toml",
            "dependencies": [{"name": "reference-workload", "kind": "dev"}]});
        assert_eq!(rules(&in_tests), none);
    }

    #[test]
    fn two_versions_are_a_note() {
        let package = |version: &str| {
            json!({"id": version, "name": "a", "version": version, "license": "MIT", "source": "registry+x",
                "manifest_path": "", "dependencies": []})
        };
        let graph =
            serde_json::from_value(json!({"packages": [package("1.0.0"), package("2.0.0")], "workspace_members": []}));
        let problems = check(&graph.unwrap(), &policy());
        assert_eq!(problems[0].to_string(), "Cargo.lock: note [duplicate] a: 1.0.0, 2.0.0");
    }
}
