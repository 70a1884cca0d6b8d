//! Parts of pages that are made from the code and the scenarios.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use harness::world::{existing_features, kind_features, loopback};
use mtls_core::{
    catalogue::{self, Catalogue},
    certificate::refusal::Reason,
    evidence::plan::{Level, Plan},
    scenario::{
        self, Offered,
        effects::{Allowance, Permissions},
        model::Scenario,
        verbs::rows,
    },
    verdict::Exit,
};

use super::pages::root;

/// By name.
pub(crate) fn parts() -> Vec<(&'static str, String)> {
    let scenarios = scenario::load_all(&root().join("scenarios")).unwrap();
    let catalogue = catalogue::load(&root().join("scenarios/requirements.yaml")).unwrap();
    vec![
        ("applicable", applicable(&scenarios, &catalogue)),
        ("counts", counts(&scenarios, &catalogue)),
        ("exit-codes", exit_codes()),
        ("refusals", refusals()),
        ("sample-run", sample_run()),
        ("tests", tests()),
        ("verbs", verbs()),
    ]
}

fn counts(scenarios: &[Scenario], catalogue: &Catalogue) -> String {
    let plan = plan(scenarios, catalogue, &kind());
    let checks: usize = plan.scenarios.iter().map(|scenario| scenario.checks.len()).sum();
    let examined: BTreeSet<&String> = scenarios.iter().flat_map(|scenario| &scenario.proves).collect();
    let core = || catalogue.requirements.iter().filter(|requirement| requirement.level == Level::Core);
    let core_examined = core().filter(|requirement| examined.contains(&requirement.id)).count();
    format!(
        "{} scenarios with {checks} checks and {} sabotages examine {} of the {} requirements of the catalogue, and {core_examined} of the\n{} that are \
         demands of the reference document. Every report names the others.\n",
        scenarios.len(),
        plan.sabotages.len(),
        examined.len(),
        catalogue.requirements.len(),
        core().count(),
    )
}

/// What each world can run, on a machine with everything.
fn applicable(scenarios: &[Scenario], catalogue: &Catalogue) -> String {
    let reading = |allowed: &[Allowance]| Permissions::Reading(allowed.iter().copied().collect());
    let existing = |allowed: &[Allowance]| offered("existing", existing_features(), reading(allowed));
    let mut table = "| World | scenarios | checks | requirements |\n|---|---|---|---|\n".to_owned();
    for (name, offered) in [
        ("`kind`", kind()),
        ("`existing`", existing(&[])),
        ("`existing --allow-probes`", existing(&[Allowance::Probes])),
        ("`existing --allow-probes --allow-issue`", existing(&[Allowance::Probes, Allowance::Issue])),
        ("`loopback`", offered("loopback", loopback::features(), Permissions::Everything)),
    ] {
        let plan = plan(scenarios, catalogue, &offered);
        let run = || plan.scenarios.iter().filter(|scenario| scenario.not_applicable.is_none());
        let checks = || run().flat_map(|scenario| &scenario.checks).filter(|check| check.not_applicable.is_none());
        let requirements: BTreeSet<&String> = checks().flat_map(|check| &check.requirements).collect();
        let whole = scenarios.len();
        writeln!(table, "| {name} | {} of {whole} | {} | {} |", run().count(), checks().count(), requirements.len())
            .unwrap();
    }
    table
}

fn exit_codes() -> String {
    let mut exits = Exit::WORST_FIRST;
    exits.sort_by_key(|exit| exit.code());
    let mut table = "| Code | means | when |\n|---|---|---|\n".to_owned();
    for exit in exits {
        let when = match exit {
            Exit::Conformant => {
                "every check that applies passed, is a recorded finding or is waived, and at least one requirement is proven"
            }
            Exit::ProductFailed => "what is demanded was observed to be violated",
            Exit::Usage => "arguments, a pattern that matches nothing, or a scenario that the linter refuses",
            Exit::Broken => "no statement about the product",
            Exit::NothingProven => {
                "too little was observed, it decides nothing, a sabotage was not noticed, a check is flaky, or the client was \
                 made faulty and no check noticed"
            }
            Exit::OverBudget => "a scenario took longer than its budget",
            Exit::Interrupted => "what the run had made is removed",
        };
        writeln!(table, "| {} | {} | {when} |", exit.code(), exit.meaning()).unwrap();
    }
    table
}

/// Every reason against a certificate.
fn refusals() -> String {
    Reason::ALL.iter().fold(
        "| Reason | when | exit code | what helps |\n|---|---|---|---|\n".to_owned(),
        |table, reason| {
            let (word, when, advice) = (reason.word(), reason.when(), reason.advice());
            table + &format!("| `{word}` | {when} | {} | {advice} |\n", reason.exit().code())
        },
    )
}

/// What `snapshots` renders of a canned run.
fn sample_run() -> String {
    let snapshot = fs::read_to_string(root().join("reports/snapshots/grid-fail.table.snap")).unwrap();
    let (_, table) = snapshot.trim_start_matches("---\n").split_once("---\n").unwrap();
    format!("```text\n{}\n```\n", table.trim_end())
}

/// The test programs of the harness, with the first paragraph of their own words.
fn tests() -> String {
    let mut programs: Vec<(String, String)> = ["harness/core/tests", "harness/runner/tests"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), first_paragraph(&path)))
        .collect();
    programs.sort();
    programs.iter().fold("| Test program | |\n|---|---|\n".to_owned(), |table, (name, doc)| {
        table + &format!("| `{name}` | {doc} |\n")
    })
}

/// Every verb, in its own words.
fn verbs() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    rows().iter().fold("| Verb | Does | Facts |\n|---|---|---|\n".to_owned(), |table, row| {
        let about = &row.about;
        table + &format!("| `{}` | {} | {} |\n", cell(about.usage), cell(about.does), cell(about.shows))
    })
}

fn first_paragraph(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    lines.join(" ")
}

fn kind() -> Offered {
    offered("kind", kind_features(), Permissions::Everything)
}

fn offered(world: &str, features: BTreeSet<String>, permissions: Permissions) -> Offered {
    Offered { world: world.to_owned(), features: with_promtool(features), permissions }
}

/// The same on every machine.
fn with_promtool(mut features: BTreeSet<String>) -> BTreeSet<String> {
    features.insert("promtool".to_owned());
    features
}

fn plan(scenarios: &[Scenario], catalogue: &Catalogue, offered: &Offered) -> Plan {
    scenario::plan(scenarios, catalogue, offered, &BTreeSet::new())
}
