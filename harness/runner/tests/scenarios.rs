//! The scenarios and the catalogue of this repository are valid.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use harness::world;
use mtls_core::{
    catalogue,
    evidence::plan::Level,
    expectation::Matcher,
    scenario::{self, feature::FEATURES, model::Action, verbs::command::CommandSpec},
    yaml::Rule,
};

#[test]
fn every_scenario_loads() {
    let scenarios = scenario::load_all(&root()).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    });
    assert!(!scenarios.is_empty(), "no scenario under {}", root().display());
}

/// A requirement that is lost leaves a gap; one that is new takes the next number of its group.
#[test]
fn requirements_are_numbered_without_gaps() {
    // Rows of the handshake matrix that are no requirements.
    const GAPS: [&str; 6] = ["HM-35", "HM-36", "HM-37", "HM-38", "HM-39", "HM-41"];

    let catalogue = catalogue::load(&root().join("requirements.yaml")).unwrap();
    let ids: BTreeSet<&str> = catalogue.requirements.iter().map(|requirement| requirement.id.as_str()).collect();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for id in &ids {
        let (group, number) = id.rsplit_once('-').unwrap();
        let last = last.entry(group).or_default();
        *last = (*last).max(number.parse().unwrap());
    }
    let all = last.iter().flat_map(|(group, last)| (1..=*last).map(move |number| format!("{group}-{number:02}")));
    let missing: Vec<String> = all.filter(|id| !ids.contains(id.as_str())).collect();
    assert_eq!(missing, GAPS);
}

#[test]
fn core_is_what_the_reference_document_demands() {
    let catalogue = catalogue::load(&root().join("requirements.yaml")).unwrap();
    for requirement in &catalogue.requirements {
        let demanded = requirement.source == catalogue::Source::Seed;
        assert_eq!(requirement.level == Level::Core, demanded, "{}", requirement.id);
        assert!(requirement.text.ends_with('.'), "{}", requirement.id);
    }
}

#[test]
fn every_infrastructure_tree_is_valid() {
    let infra = root().join("../fixtures/infra");
    let files = scenario::trees::lint(&infra).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(scenario::ScenarioError::render).collect::<String>());
    });
    assert!(files > 20, "only {files} files under {}", infra.display());
}

#[test]
fn every_rule_stands_in_the_table_for_authors() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let table = page.split("## What the linter refuses").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let mut rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.word()).collect();
    rules.sort_unstable();
    assert_eq!(rows, rules);
}

#[test]
fn every_feature_stands_in_the_table_for_authors() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let table = page.split("## Features and worlds").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let offers = [world::kind_features(), world::loopback::features(), world::existing_features()];
    let expected: Vec<String> = FEATURES
        .iter()
        .map(|feature| {
            let cells = ["kind", "loopback", "existing"].iter().zip(&offers).map(|(world, offers)| {
                match (feature.name, *world, offers.contains(feature.name)) {
                    // A property of the machine, not of the world.
                    ("promtool", _, _) => "if installed",
                    ("kubernetes", "existing", true) | (_, "kind" | "loopback", true) => "yes",
                    (_, _, true) => "if found",
                    (_, _, false) => "no",
                }
            });
            format!("| `{}` | {} | {} |", feature.name, feature.meaning, cells.collect::<Vec<_>>().join(" | "))
        })
        .collect();
    assert_eq!(rows, expected, "write:\n{}", expected.join("\n"));
}

#[test]
fn the_schema_for_editors_is_up_to_date() {
    let written = std::fs::read_to_string(root().join("schema.json")).unwrap_or_default();
    assert!(written == scenario::schema_text(), "run `cargo xtask lint --write-schema`");
}

#[test]
fn the_examples_for_authors_load() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let examples: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let (whole, parts) = examples.split_first().unwrap();
    load_text(whole);
    let [speaking, known, elements, cases, case, printed, renewed, fires, sabotage] = parts else {
        panic!("{} examples", parts.len())
    };
    load_cases(cases, case);
    let server = "participants:\n  server: {workload: proxy-api, namespace: prod}\n";
    let injected = format!("{server}  injected: {{client: client, namespace: prod}}\n");
    let speaking = speaking.replace("participants:\n", server);
    let grid = "- id: grid\n  requirements: [TLS-01]\n  probe:\n    to: server\n    ports: [http]\n\
                \x20   clients: {old: [refused], returns: [back]}\n    legend:\n\
                \x20     refused: {outcome: [tls-alert(protocol_version)]}\n\
                \x20     back: {outcome: established, then.outcome: established, then.own.expired: true}\n";
    let sabotaged = format!(
        "- id: grid\n  requirements: [MESH-01]\n  probe:\n    to: server\n    ports: [http]\n\
         \x20   clients: {{meshed: [mtls], outsider: [closed]}}\n    legend:\n\
         \x20     mtls: {{outcome: established}}\n      closed: {{outcome: [reset, closed-early]}}\n{sabotage}"
    );
    let meshed = format!(
        "{server}  meshed: {{client: client, namespace: prod}}\n\
         \x20 outsider: {{client: plain, namespace: mtls-e2e-outside, sidecar: false}}\n"
    );
    // The example is the end of a step.
    let known = format!("  {}\n", known.trim_end().replace('\n', "\n  "));
    let known =
        known.replace("    legend:\n", "    legend:\n      back: {outcome: established, then.outcome: established}\n");
    let known = format!(
        "- id: known\n  requirements: {{returns: [TLS-05]}}\n  probe:\n    to: server\n    ports: [http]\n\
         \x20   clients: {{valid: [back], returns: [refused]}}\n{known}"
    );
    let valid = "  valid: {client: client, namespace: prod, wire: {then: {how: same-connection}}}\n";
    let returning: Vec<&str> = speaking.lines().filter(|line| !line.contains("old:")).collect();
    let returning = format!("{}\n{valid}", returning.join("\n"));
    for (part, proves, participants) in [
        (known.as_str(), "[TLS-05]", returning.as_str()),
        (grid, "[TLS-01]", speaking.as_str()),
        (elements, "[MESH-01]", "participants: {}\n"),
        (printed, "[DOC-12]", "participants: {}\n"),
        (renewed, "[ROT-02, ROT-05]", &injected),
        (fires, "[ALERT-04, ALERT-11]", "participants: {}\n"),
        (&sabotaged, "[MESH-01]", &meshed),
    ] {
        load_text(&format!(
            "apiVersion: mtls-e2e/v1alpha2\nkind: Scenario\nmetadata: {{id: strict/who-gets-in, title: t, owner: o}}\n\
             proves: {proves}\nneeds: {{features: [], budget: 10m}}\nisolation: cluster\n{participants}steps:\n{part}"
        ));
    }
}

/// Loads a step that presents a case file, with a file that consists of a control and this case.
fn load_cases(step: &str, one: &str) {
    let participants = "  server: {workload: proxy-api, namespace: prod}\n  trusted: {client: client, namespace: prod}\n  plain: {client: plain, namespace: out}\n";
    let file = format!(
        "apiVersion: mtls-e2e/v1alpha2\nkind: Cases\nmetadata: {{id: client-certificates, title: t}}\npresented-by: client\ncases:\n\
         - {{id: control, group: g, description: s, flaw: none, standard: {{name: n, level: local}}, severity: high, ideal: accept,\n\
         \x20  expect: {{rustls: accept, sidecar: accept, envoy: accept}}}}\n{one}"
    );
    let root_of_one = tempfile::tempdir().unwrap();
    std::fs::create_dir(root_of_one.path().join("cases")).unwrap();
    std::fs::write(root_of_one.path().join("cases/client-certificates.yaml"), file).unwrap();
    let text = format!(
        "apiVersion: mtls-e2e/v1alpha2\nkind: Scenario\nmetadata: {{id: strict/who-gets-in, title: t, owner: o}}\n\
         proves: [HM-23, TLS-13]\nneeds: {{features: [], budget: 10m}}\nisolation: namespace\nparticipants:\n{participants}steps:\n{step}"
    );
    load_under(&root_of_one, &text);
}

fn load_text(text: &str) {
    load_under(&tempfile::tempdir().unwrap(), text);
}

fn load_under(root_of_one: &tempfile::TempDir, text: &str) {
    std::fs::copy(root().join("requirements.yaml"), root_of_one.path().join("requirements.yaml")).unwrap();
    std::fs::create_dir(root_of_one.path().join("strict")).unwrap();
    std::fs::create_dir(root_of_one.path().join("library")).unwrap();
    for change in std::fs::read_dir(root().join("library")).unwrap() {
        let change = change.unwrap();
        std::fs::copy(change.path(), root_of_one.path().join("library").join(change.file_name())).unwrap();
    }
    let path = root_of_one.path().join("strict/who-gets-in.yaml");
    std::fs::write(&path, text).unwrap();
    if let Err(error) = scenario::load(&path, root_of_one.path()) {
        panic!("{}", error.render());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").canonicalize().unwrap()
}

#[test]
fn every_check_that_the_findings_name_exists() {
    let page = std::fs::read_to_string(root().join("../docs/findings.md")).unwrap();
    let scenarios = scenario::load_all(&root()).unwrap();
    let known: BTreeSet<String> = scenarios
        .iter()
        .flat_map(|scenario| {
            let names = scenario.steps.iter().flat_map(|step| scenario::check::names(scenario, step));
            names.map(|name| format!("{}#{name}", scenario.id)).collect::<Vec<_>>()
        })
        .collect();
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(|text| text.contains('#')).collect();
    assert!(named.len() >= 30, "{named:?}");
    let unknown: Vec<&&str> = named.iter().filter(|name| !known.contains(**name)).collect();
    assert!(unknown.is_empty(), "docs/findings.md names checks that do not exist: {unknown:?}");
    let ids: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| F-")?.split(' ').next()).collect();
    let expected: Vec<String> = (1..=36).map(|number| format!("{number:02}")).collect();
    assert_eq!(ids, expected);
}

/// `WRITE_PAGES=1` updates the page.
#[test]
fn the_page_of_printed_commands_is_up_to_date() {
    let page = root().join("../docs/printed-commands.md");
    let text = printed_commands();
    if std::env::var_os("WRITE_PAGES").is_some() {
        std::fs::write(&page, &text).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(written == text, "run `WRITE_PAGES=1 cargo test -p harness --test scenarios`");
}

fn printed_commands() -> String {
    let mut page = String::from(
        "# Printed commands\n\n\
         Every command that the reference document prints, run as printed in the kind world, with its result for the reader and the command to run\n\
         instead. `WRITE_PAGES=1 cargo test -p harness --test scenarios` writes this page from `scenarios/docs/`, and\n\
         `cargo xtask e2e --env kind --only 'docs/*'` checks it. [scenarios/README.md](../scenarios/README.md#documented-commands) defines the classes.\n\n\
         The catalogue abridges the document's commands. Namespaces and paths that it leaves out are filled in with the document's own names; a part\n\
         that is run differently than printed is marked, with the reason.\n\n\
         | | Printed | Class | What to know | Instead |\n|---|---|---|---|---|\n",
    );
    for scenario in scenario::load_all(&root()).unwrap() {
        for step in &scenario.steps {
            let Action::Command(CommandSpec(printed)) = &step.action else { continue };
            let ids: BTreeSet<&str> = step.requirements.values().flatten().map(String::as_str).collect();
            let class = step.expect.0.iter().find(|demand| demand.path == "class").map(|demand| &demand.matcher);
            let Some(Matcher::Equals { value: class }) = class else { panic!("{} has no class", step.id) };
            let parts = printed
                .replace
                .iter()
                .map(|part| format!("{} is run as {}: {}", code(&part.text), code(&part.by), part.reason));
            let known: Vec<String> =
                (!step.description.is_empty()).then(|| step.description.clone()).into_iter().chain(parts).collect();
            writeln!(
                page,
                "| {} | {}<br>`{}#{}` | {} | {} | {} |",
                ids.into_iter().collect::<Vec<_>>().join(", "),
                code(&printed.text),
                scenario.id,
                step.id,
                class.as_str().unwrap(),
                known.join("; ").replace('|', "\\|"),
                printed.correction.as_deref().map(code).unwrap_or_default(),
            )
            .unwrap();
        }
    }
    page
}

/// A command as the cell of a table.
fn code(text: &str) -> String {
    format!(
        "<code>{}</code>",
        text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('|', "&#124;").replace('\n', "<br>")
    )
}
