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
        // The system under test shares no code with the harness.
        let is_fixture = package.manifest_path.contains("/fixtures/");
        let wrong = |name: &str| is_fixture && EXAMINER.contains(&name);
        for dependency in package.dependencies.iter().filter(|dependency| wrong(&dependency.name)) {
            complain("examiner", format!("a fixture depends on {}; it is the system under test", dependency.name));
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
const EXAMINER: [&str; 2] = ["harness", "xtask"];

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
        assert_eq!(rules(&fixture("mtls-client")), none);
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
