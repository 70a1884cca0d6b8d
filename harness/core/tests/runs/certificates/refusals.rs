//! Each reason against a certificate, with records to which it applies.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use mtls_core::{
    certificate::{
        judged::{Examination, Unsupported},
        profile::{Profile, Sabotage},
        refusal::{Reason, Refusal},
        rules::{Here, refusals_here},
        source::Source,
    },
    evidence::event::{Ending, Entry, Event, RunStatus},
    verdict::{Verdict, WaiverState, WaiverVerdict},
};
use serde_json::{Value, json};

use super::records::{Material, Shape, core, environment, good, record};

/// The reasons against a certificate of these records, without doubles.
fn reasons(material: &Material) -> BTreeSet<Reason> {
    let refusals = material.certificate(None).err().unwrap_or_default();
    refusals.into_iter().map(|refusal| refusal.reason).collect()
}

/// A change of the good records, and every reason that follows.
type Case = (&'static str, fn(&mut Material), &'static [Reason]);

const CASES: [Case; 34] = [
    ("loopback", |one| each(one, |entries| world(entries, "loopback")), &[Reason::World]),
    ("an existing cluster", |one| each(one, |entries| world(entries, "existing")), &[Reason::World]),
    ("a proof on loopback", |one| world(&mut one.proofs[0], "loopback"), &[Reason::World]),
    ("an older version", |one| older(&mut one.run), &[Reason::Version]),
    ("a profile that takes a name", |one| "core".clone_into(&mut one.profile.name), &[Reason::ProfileDiffers]),
    ("no source", |one| each(one, |entries| fact(entries, "source", json!(null))), &[Reason::SourceUnknown]),
    (
        "a changed file",
        |one| each(one, |entries| source(entries, "changed", json!(["a.rs"]))),
        &[Reason::SourceChanged],
    ),
    ("another commit", |one| source(&mut one.proofs[0], "commit", json!("ff")), &[Reason::SourceDiffers]),
    ("other trees", |one| source(&mut one.run, "infrastructure", json!("sha256:0")), &[Reason::SourceDiffers]),
    ("no images", |one| each(one, |entries| fact(entries, "images", json!([]))), &[Reason::ImagesUnknown]),
    (
        "a node image of the user",
        |one| each(one, |entries| fact(entries, "image-origins", json!(null))),
        &[Reason::ImagesUnknown],
    ),
    ("an image by its tag", |one| each(one, |entries| image(entries, "proxyv2:1.30.3")), &[Reason::ImageWithoutDigest]),
    (
        "another image",
        |one| each(one, |entries| image(entries, &format!("sha256:{}", "66".repeat(32)))),
        &[Reason::ImageOther],
    ),
    (
        "a proof on another image",
        |one| image(&mut one.proofs[0], &format!("sha256:{}", "55".repeat(32))),
        &[Reason::WorldsDiffer],
    ),
    ("a proof of other checks", |one| other_demand(&mut one.proofs[0]), &[Reason::PlansDiffer]),
    ("a proof of another sabotage", |one| other_sabotage(&mut one.proofs[0]), &[Reason::PlansDiffer]),
    ("a faulty client", faulty_client, &[Reason::ClientFaults]),
    ("a leftover", |one| leftover(&mut one.run), &[Reason::Record]),
    ("a leftover of a proof", |one| leftover(&mut one.proofs[0]), &[Reason::Record]),
    ("an interrupted run", |one| interrupted(&mut one.run), &[Reason::Record, Reason::Unfinished]),
    ("a requirement that nobody examines", |one| demand(one, "TLS-02"), &[Reason::Unexamined]),
    ("a requirement that does not exist", |one| demand(one, "TLS-99"), &[Reason::Unexamined]),
    ("no proof", |one| one.proofs.clear(), &[Reason::Unproven]),
    ("half a proof", |one| one.proofs = vec![proof(&["plain"], &|_| None)], &[Reason::Unproven]),
    ("a sabotage that went unnoticed", |one| one.proofs = vec![toothless()], &[Reason::Unproven, Reason::Sabotage]),
    ("unnoticed, then proven", |one| one.proofs.insert(0, toothless()), &[Reason::Unproven, Reason::Sabotage]),
    ("a failure", |one| one.run = seen("chain", &json!({"outcome": "established"})), &[Reason::Fail, Reason::Flaky]),
    (
        "a refusal of another kind",
        |one| one.run = seen("plain", &json!({"outcome": "hang"})),
        &[Reason::Unknown, Reason::Flaky],
    ),
    ("a broken check", |one| broken(&mut one.run), &[Reason::Broken]),
    ("too little observed", |one| each(one, |entries| vacuous(entries)), &[Reason::Unproven, Reason::Vacuous]),
    (
        "a run without windows",
        |one| each(one, |entries| fact(entries, "support", json!(null))),
        &[Reason::SupportUnknown],
    ),
    ("a version past its end", |one| each(one, |entries| ended(entries)), &[Reason::Unsupported]),
    ("a key in the record", |one| one.run = seen("plain", &key_in_facts()), &[Reason::Secret]),
    ("more images than subjects", |one| each(one, |entries| many_images(entries)), &[Reason::TooLarge]),
];

#[test]
fn nothing_speaks_against_good_records() {
    assert_eq!(good().certificate(None).map(|files| files.is_empty()), Ok(false));
}

#[test]
fn each_reason_follows_from_what_it_is_about() {
    for (what, change, expected) in CASES {
        let mut material = good();
        change(&mut material);
        assert_eq!(reasons(&material), expected.iter().copied().collect(), "{what}");
    }
}

/// Those that are not in the table have tests of their own below.
#[test]
fn every_reason_has_a_case() {
    let own = [Reason::Lint, Reason::NothingPassed, Reason::Unknown, Reason::Waiver];
    let seen: BTreeSet<Reason> = CASES.iter().flat_map(|(_, _, reasons)| *reasons).copied().chain(own).collect();
    assert_eq!(seen, Reason::ALL.into());
}

#[test]
fn what_the_machine_knows_speaks_against_it_too() {
    let (records, created) = good().parts();
    let profile = core();
    let examined =
        Examination { profile: &profile, run: &records[0].1, proofs: &[], created, unsupported: Unsupported::Refused };
    let then = examined.run.source().unwrap();
    let reasons = |source: Option<Source>, problems| {
        let refusals = refusals_here(&examined, &Here { source, problems, earlier: Vec::new() });
        refusals.iter().map(|refusal| refusal.reason).collect::<Vec<_>>()
    };
    assert_eq!(reasons(Some(then.clone()), 0), []);
    assert_eq!(reasons(Some(then.clone()), 2), [Reason::Lint]);
    assert_eq!(reasons(None, 0), [Reason::SourceUnknown]);
    let changed = Source { changed: vec!["README.md".to_owned()], ..then.clone() };
    assert_eq!(reasons(Some(changed), 0), [Reason::SourceChanged]);
    assert_eq!(reasons(Some(Source { commit: "ff".to_owned(), ..then.clone() }), 0), [Reason::SourceDiffers]);
    assert_eq!(reasons(Some(Source { scenarios: "sha256:0".to_owned(), ..then }), 0), [Reason::SourceDiffers]);
}

fn waiver(check: &str, until: Date) -> WaiverVerdict {
    WaiverVerdict {
        check: Some(check.to_owned()),
        requirement: None,
        owner: "mesh team".to_owned(),
        reason: "known".to_owned(),
        until,
        world: None,
        state: WaiverState::InForce,
        waived: vec![check.to_owned()],
        red: Vec::new(),
    }
}

/// The verdict and its waiver are set here: only the rule about them is under test.
#[test]
fn a_waiver_holds_to_the_end_of_its_last_day() {
    let (mut records, created) = good().parts();
    let profile = core();
    let waived = |records: &mut Vec<(_, mtls_core::certificate::judged::Judged)>, until: Option<&str>| {
        let run = &mut records[0].1;
        run.judgement.checks[0].verdict = Verdict::Waived;
        let id = run.judgement.checks[0].id.clone();
        run.judgement.waivers = until.iter().map(|until| waiver(&id, until.parse().unwrap())).collect();
        let examined = Examination { profile: &profile, run, proofs: &[], created, unsupported: Unsupported::Refused };
        assert_eq!(examined.day(), date(2026, 11, 25));
        let refusals = mtls_core::certificate::rules::refusals(&examined);
        refusals.into_iter().filter(|one| one.reason == Reason::Waiver).map(|one| one.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(waived(&mut records, Some("2026-11-25")), Vec::<String>::new());
    assert_eq!(waived(&mut records, Some("2026-11-24")), ["waiver: strict/enforcement-grid#plain: until 2026-11-24"]);
    assert_eq!(
        waived(&mut records, None),
        ["waiver: strict/enforcement-grid#plain: the record does not say until when"]
    );
}

#[test]
fn what_does_not_decide_and_what_passes_nothing_are_named() {
    let (mut records, created) = good().parts();
    let profile = Profile { sabotage: Sabotage::Optional, ..core() };
    let mut reasons = |verdict| {
        let run = &mut records[0].1;
        run.judgement.checks.iter_mut().for_each(|check| check.verdict = verdict);
        let examined = Examination { profile: &profile, run, proofs: &[], created, unsupported: Unsupported::Refused };
        mtls_core::certificate::rules::refusals(&examined).into_iter().map(|one| one.reason).collect::<BTreeSet<_>>()
    };
    assert_eq!(reasons(Verdict::Unknown), [Reason::Unknown, Reason::NothingPassed].into());
    assert_eq!(reasons(Verdict::NotApplicable), [Reason::NothingPassed].into());
    assert_eq!(reasons(Verdict::Finding), [Reason::NothingPassed].into());
}

/// Running again until it is green is no way to a certificate.
#[test]
fn an_earlier_run_that_failed_speaks_against_it() {
    let failed = Material { run: seen("plain", &json!({"outcome": "established"})), ..good() };
    let (records, created) = good().parts();
    let profile = core();
    let (run, unsupported) = (&records[0].1, Unsupported::Refused);
    let examined = Examination { profile: &profile, run, proofs: &[], created, unsupported };
    let lines = |material: &Material| {
        let earlier = material.parts().0.swap_remove(0).1;
        let here = Here { source: examined.run.source(), problems: 0, earlier: vec![earlier] };
        refusals_here(&examined, &here).iter().map(Refusal::to_string).collect::<Vec<_>>()
    };
    let about = "strict/enforcement-grid#plain was fail in an earlier run of this attempt";
    assert_eq!(lines(&failed), [format!("flaky: {about}")]);
    assert_eq!(lines(&good()), Vec::<String>::new());
    let mut of_another_commit = failed;
    source(&mut of_another_commit.run, "commit", json!("ff"));
    assert_eq!(lines(&of_another_commit), Vec::<String>::new());
}

/// A pod that has done its work is gone later, and a node that restarted something is no other world.
#[test]
fn an_image_that_is_gone_by_the_time_of_the_proof_is_no_reason() {
    let mut material = good();
    let images = environment()["images"].as_array().unwrap()[..1].to_vec();
    fact(&mut material.proofs[0], "images", json!(images));
    assert_eq!(reasons(&material), BTreeSet::new());
}

/// An interrupted proof counts as far as it got, and another goes on from it.
#[test]
fn a_proof_in_two_parts_is_a_proof() {
    let mut material = good();
    let first = Shape { tries: &["plain", "chain"], status: None, ..Shape::default() };
    material.proofs = vec![record(&first), proof(&["injected"], &|_| None)];
    assert_eq!(reasons(&material), BTreeSet::new());
}

#[test]
fn an_unsupported_version_that_is_allowed_is_no_reason() {
    let mut material = good();
    each(&mut material, |entries| ended(entries));
    material.unsupported = Unsupported::Warned;
    assert_eq!(reasons(&material), BTreeSet::new());
}

#[test]
fn a_refusal_names_what_it_is_about() {
    let mut material = good();
    material.proofs = vec![proof(&["plain", "chain"], &|_| None)];
    let lines: Vec<String> = material.certificate(None).unwrap_err().iter().map(Refusal::to_string).collect();
    let about = "strict/enforcement-grid#injected";
    assert_eq!(lines, [format!("unproven: MESH-01: {about}"), format!("unproven: MESH-02: {about}")]);
}

fn each(material: &mut Material, change: impl Fn(&mut Vec<Entry>)) {
    change(&mut material.run);
    material.proofs.iter_mut().for_each(change);
}

fn world(entries: &mut [Entry], name: &str) {
    if let Event::RunStarted { world, .. } = &mut entries[0].event {
        name.clone_into(world);
    }
}

fn older(entries: &mut [Entry]) {
    if let Event::RunStarted { harness, .. } = &mut entries[0].event {
        "0.0.9".clone_into(harness);
    }
}

/// Replaces a fact of the last environment.
fn fact(entries: &mut [Entry], topic: &str, value: Value) {
    for entry in entries.iter_mut().rev() {
        if let Event::Environment { facts } = &mut entry.event {
            facts.insert(topic.to_owned(), value);
            return;
        }
    }
}

fn source(entries: &mut [Entry], key: &str, value: Value) {
    let mut source = environment()["source"].clone();
    source[key] = value;
    fact(entries, "source", source);
}

fn image(entries: &mut [Entry], running: &str) {
    let mut images = environment()["images"].clone();
    images[0]["running"] = json!(running);
    fact(entries, "images", images);
}

fn many_images(entries: &mut [Entry]) {
    let images = (0..1100)
        .map(|number| json!({"name": format!("image:{number}"), "running": format!("sha256:{}", "11".repeat(32))}));
    fact(entries, "images", images.collect());
}

fn ended(entries: &mut [Entry]) {
    fact(entries, "support", crate::runs::environment::ended()["support"].clone());
}

fn other_demand(entries: &mut [Entry]) {
    planned(entries, |plan| plan.scenarios[0].checks[0].line += 1);
}

fn other_sabotage(entries: &mut [Entry]) {
    planned(entries, |plan| "sha256:0".clone_into(&mut plan.sabotages[0].fingerprint));
}

fn planned(entries: &mut [Entry], change: impl Fn(&mut mtls_core::evidence::plan::Plan)) {
    for entry in entries {
        if let Event::Planned { plan } = &mut entry.event {
            change(plan);
        }
    }
}

fn faulty_client(material: &mut Material) {
    each(material, |entries| {
        let entry =
            Entry { event: Event::Sabotaged { client_faults: vec!["trusts-all".to_owned()] }, ..entries[1].clone() };
        entries.insert(1, entry);
        renumber(entries);
    });
}

fn leftover(entries: &mut Vec<Entry>) {
    let last = entries.len() - 1;
    let event = Event::Leftover { what: "namespace outside".to_owned() };
    entries.insert(last, Entry { event, ..entries[last].clone() });
    renumber(entries);
}

/// Evidence is named after the number of its event, so the observations after an insertion get none.
fn renumber(entries: &mut [Entry]) {
    for (number, entry) in (0..).zip(entries) {
        if entry.seq != number
            && let Event::Observed { sample, .. } = &mut entry.event
        {
            sample.evidence.clear();
        }
        entry.seq = number;
    }
}

fn interrupted(entries: &mut [Entry]) {
    let last = entries.len() - 1;
    entries[last].event = Event::RunEnded { status: RunStatus::Interrupted };
}

fn demand(material: &mut Material, id: &str) {
    material.profile.requirements.insert(id.to_owned());
}

fn proof(tries: &[&str], sees: &dyn Fn(&str) -> Option<Value>) -> Vec<Entry> {
    record(&Shape { id: "20261124T121500-proof", tries, sees, ..Shape::default() })
}

/// Under its sabotage, `chain` stays as it was.
fn toothless() -> Vec<Entry> {
    let sees = |check: &str| check.ends_with("!chain#chain").then(|| json!({"outcome": "tls-alert(unknown_ca)"}));
    proof(&["plain", "injected", "chain"], &sees)
}

/// A run in which one check sees something else.
fn seen(check: &str, facts: &Value) -> Vec<Entry> {
    let id = format!("strict/enforcement-grid#{check}");
    record(&Shape { sees: &|one| (one == id).then(|| facts.clone()), ..Shape::default() })
}

fn broken(entries: &mut [Entry]) {
    for entry in entries {
        if let Event::Observed { check, sample, .. } = &mut entry.event
            && check.ends_with("#chain")
        {
            sample.problem = Some("the API server answered 503".to_owned());
        }
    }
}

fn vacuous(entries: &mut [Entry]) {
    planned(entries, |plan| plan.scenarios[0].checks[2].min_samples = 2);
}

fn key_in_facts() -> Value {
    json!({"outcome": "reset", "said": concat!("-----BEGIN ", "PRIVATE KEY-----")})
}

/// The helpers change what they are meant to change.
#[test]
fn an_ending_is_part_of_every_record() {
    assert!(good().run.iter().any(|entry| matches!(&entry.event, Event::ScenarioEnded { ending: Ending::Done, .. })));
}
