//! The listings of docs/tutorial.md, composed as the page says: each stage passes the linter, and the last one is what is shipped.
//!
//! The last stage runs with the shipped scenarios, in the test program `e2e`.

use std::{fs, path::Path};

use mtls_core::{
    scenario::{self, ScenarioError, model::Scenario},
    yaml::documents,
};
use serde_json::{Value, json};

use super::{page, root};

const SHIPPED: &str = "strict/no-workload-permissive";
const OWN: &str = "mine/no-workload-permissive";

/// The file after each section of the page.
struct Stages {
    naive: String,
    declared: String,
    exception: String,
    calls: String,
    whole: String,
}

fn stages() -> Stages {
    let text = page("docs/tutorial.md").text;
    let listing = |name: &str| {
        let marked = text.split(&format!("<!-- listing: {name} -->\n```yaml\n")).nth(1);
        marked
            .and_then(|rest| rest.split("```").next())
            .unwrap_or_else(|| panic!("there is no listing {name}"))
            .to_owned()
    };
    let change = "proves: [MESH-01, MESH-08]";
    assert!(text.contains(&format!("`{change}`")));
    let head = listing("head");
    let declared = format!("{head}{}", listing("declared"));
    let exception = declared.replace("proves: [MESH-01]", change) + &listing("exception");
    let calls = exception.replace("\nsteps:\n", &format!("\n{}steps:\n", listing("participants"))) + &listing("calls");
    let whole = format!("{calls}{}", listing("sabotage"));
    Stages { naive: format!("{head}{}", listing("naive")), declared, exception, calls, whole }
}

#[test]
fn every_listing_of_the_tutorial_passes_the_linter() {
    let stages = stages();
    for text in [&stages.naive, &stages.declared, &stages.exception, &stages.calls, &stages.whole] {
        load(text);
    }
    // Each stage is more than the one before.
    assert_eq!(load(&stages.exception).steps.len(), load(&stages.declared).steps.len() + 1);
}

#[test]
fn the_finished_tutorial_is_the_shipped_scenario() {
    let shipped = fs::read_to_string(root().join("scenarios").join(SHIPPED).with_extension("yaml")).unwrap();
    assert_eq!(stages().whole.replace(OWN, SHIPPED), shipped);
}

#[test]
fn on_the_declared_policies_the_naive_check_is_red_and_the_others_are_green() {
    let stages = stages();
    let missed = |text: &str, step: usize, facts: &Value| {
        let mismatches = load(text).steps[step].expect.mismatches(facts);
        let spelled =
            mismatches.iter().map(|one| format!("{} {:?}, expected {}", one.path, one.observed, one.expected));
        spelled.collect::<Vec<_>>()
    };
    let healthy = json!({"items": production()});
    let naive = "items.1.spec.mtls.mode None, expected != PERMISSIVE";
    assert_eq!(missed(&stages.naive, 0, &healthy), [naive]);
    assert!(page("docs/tutorial.md").text.contains("`items.1.spec.mtls.mode is absent, expected != PERMISSIVE`"));
    for step in [0, 1] {
        assert!(missed(&stages.whole, step, &healthy).is_empty(), "step {step}");
    }
    let mut opened = healthy.clone();
    opened["items"][1]["spec"]["mtls"] = json!({"mode": "PERMISSIVE"});
    assert!(!missed(&stages.whole, 0, &opened).is_empty() && missed(&stages.whole, 1, &opened).is_empty());
    let mut port = healthy;
    port["items"][1]["spec"]["portLevelMtls"]["8080"] = json!({"mode": "PERMISSIVE"});
    assert!(missed(&stages.whole, 0, &port).is_empty() && !missed(&stages.whole, 1, &port).is_empty());
    // What the sabotages promise to show is there.
    for (sabotage, facts, check) in [(0, &opened, "none-declared"), (1, &port, "one-exception")] {
        let scenario = load(&stages.whole);
        let shown = scenario.sabotages[sabotage].failing(check).unwrap();
        assert!(shown.mismatches(facts).is_empty(), "{check}: {:?}", shown.mismatches(facts));
    }
}

/// The `PeerAuthentications` of production, as the tree declares them and `get` shows them.
fn production() -> Vec<Value> {
    let text = fs::read_to_string(root().join("fixtures/infra/mtls/istio/peer-authentication.yaml")).unwrap();
    let all = documents(&text).into_iter().map(|document| document.unwrap().to_json());
    all.filter(|policy| policy["metadata"]["namespace"] == "x0tta6bl4-production").collect()
}

/// Loads a file of the reader's directory beside what is shipped of the catalogue and the library.
fn load(text: &str) -> Scenario {
    let place = tempfile::tempdir().unwrap();
    let (shipped, own) = (place.path().join("scenarios"), place.path().join("my-scenarios"));
    fs::create_dir_all(shipped.join("library")).unwrap();
    fs::copy(root().join("scenarios/requirements.yaml"), shipped.join("requirements.yaml")).unwrap();
    for change in fs::read_dir(root().join("scenarios/library")).unwrap() {
        let change = change.unwrap();
        fs::copy(change.path(), shipped.join("library").join(change.file_name())).unwrap();
    }
    let file = own.join(OWN).with_extension("yaml");
    fs::create_dir_all(file.parent().unwrap_or(Path::new(""))).unwrap();
    fs::write(&file, text).unwrap();
    let loaded = scenario::load_layers(&shipped, &[own])
        .unwrap_or_else(|errors| panic!("{text}\n{}", errors.iter().map(ScenarioError::render).collect::<String>()));
    loaded.scenarios.into_iter().next().unwrap()
}
