//! Properties of every format, for all runs.

use mtls_core::{
    evidence::{event::RunStatus, plan::Plan, record::Record, store::Store},
    report::{Color, PublicRecord, Report, Rows, Style, html, json, junit, schema, summary, table, write_all},
    verdict::Verdict,
};
use serde_json::{Value, json};

use super::{
    builder::Run,
    canned,
    folder::put,
    healthy,
    plan::{self, ALERTS},
};
use crate::{everything, text};

const PEM: &str =
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----";
const JWT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJhdWQiOlsicHJveHkiXX0.MEUCIQDexampleexample";
const KUBECONFIG: &str =
    "users:\n- user:\n    client-key-data: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1IY0NBUUVFSU\n";

fn report(entries: Vec<mtls_core::evidence::event::Entry>) -> Report {
    Report::of(&PublicRecord::of(&Record::of(entries))).0
}

#[test]
fn secrets_in_facts_reach_no_format() {
    let mut run = Run::planned("20261124T101500-secret", plan::only(&[ALERTS]));
    run.environment(json!({"key": PEM, "nested": [{"token": JWT}], KUBECONFIG: "as a key"}));
    run.leftover(&format!("secret with {PEM}"));
    healthy::alerts(&mut run, &|check, _| {
        (check == "series-exist").then(|| json!({"series": format!("Bearer {JWT}")}))
    });
    let entries = run.finish(RunStatus::Complete);
    assert!(serde_json::to_string(&entries).unwrap().contains("PRIVATE KEY"), "the test must feed a key");
    let all = everything(&report(entries));
    for trace in [
        "PRIVATE KEY",
        "MIGHAgEAMBMGByqGSM49",
        "eyJhbGciOiJFUzI1NiJ9",
        "client-key-data",
        "LS0tLS1CRUdJTiBFQyBQUklWQVRF",
    ] {
        assert!(!all.contains(trace), "{trace} survived");
    }
    assert!(all.contains("[withheld]"));
}

#[test]
fn the_store_refuses_secrets_in_any_wrapping() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    for secret in [PEM, JWT, KUBECONFIG] {
        assert!(store.put(secret.as_bytes(), "text/plain").is_err(), "{secret}");
    }
}

#[test]
fn the_page_needs_no_network_and_has_one_script_of_its_own() {
    for canned in canned::all() {
        let page = text(&report(canned.entries), html);
        assert_eq!(page.matches("<script").count(), 1, "{}", canned.name);
        assert!(
            page.contains("default-src &#39;none&#39;") && page.contains("script-src &#39;sha256-"),
            "{}",
            canned.name
        );
        for foreign in ["http://", "https://", "<link", "src=", "@import", "//cdn"] {
            assert!(!page.contains(foreign), "{}: {foreign}", canned.name);
        }
        assert_eq!(page.matches("url(").count(), page.matches("url(#hatch)").count());
    }
}

#[test]
fn markup_in_facts_stays_text() {
    let mut run = Run::planned("<img src=x>", plan::only(&[ALERTS]));
    run.environment(json!({"<em>key</em>": "a|b\n<script>alert(1)</script>"}));
    run.leftover("<i>left</i>");
    healthy::alerts(&mut run, &|check, _| (check == "series-exist").then(|| json!({"series": "<u>0</u> & `x` | y"})));
    let report = report(run.finish(RunStatus::Complete));
    for (name, text) in
        [("html", text(&report, html)), ("summary", text(&report, summary)), ("junit", text(&report, junit))]
    {
        for markup in ["<img", "<em>", "<script>alert", "<i>left", "<u>"] {
            // Markdown shows text between backticks as it is.
            let text = text.replace("`<img src=x>`", "");
            assert!(!text.contains(markup), "{name} has {markup}");
        }
    }
    let row = text(&report, summary).lines().find(|line| line.starts_with("| ✗ | MON-01")).unwrap().to_owned();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
}

#[test]
fn every_format_names_every_check_that_is_not_green() {
    for canned in canned::all() {
        let report = report(canned.entries);
        for check in report.checks.iter().filter(|check| !check.verdict.is_green()) {
            for text in [text(&report, html), text(&report, junit), text(&report, json)] {
                assert!(text.contains(&check.id), "{}: {}", canned.name, check.id);
            }
        }
        let page = text(&report, html);
        for requirement in &report.requirements {
            assert!(page.contains(&requirement.id) && text(&report, summary).contains(&requirement.id));
        }
    }
}

#[test]
fn a_pipeline_that_reads_junit_is_red_only_when_the_exit_code_is() {
    for canned in canned::all().into_iter().filter(|canned| canned.exit == 0) {
        let text = text(&report(canned.entries), junit);
        assert!(!text.contains("<failure") && !text.contains("<error"), "{}: {text}", canned.name);
    }
    let mut waived = report(canned::all_green());
    waived.checks[0].verdict = Verdict::Waived;
    assert!(text(&waived, junit).contains(r#"failures="0" errors="0""#));
}

#[test]
fn a_finding_is_skipped_in_junit_with_its_reason() {
    let finding = canned::all().into_iter().find(|canned| canned.name == "finding").unwrap();
    let text = text(&report(finding.entries), junit);
    let skipped: Vec<&str> = text.lines().filter(|line| line.contains("<skipped")).collect();
    let [line] = skipped.as_slice() else { panic!("{skipped:?}") };
    assert!(line.contains(r#"type="finding""#) && line.contains("finding: "), "{line}");
    assert!(line.contains("nobody looks at a certificate twice"), "{line}");
}

#[test]
fn a_waiver_is_visible_in_every_format() {
    let mut report = report(canned::all_green());
    report.checks[0].verdict = Verdict::Waived;
    report.requirements[0].verdict = Verdict::Waived;
    for text in [text(&report, html), text(&report, junit), text(&report, json), text(&report, summary)] {
        assert!(text.contains("waived"));
    }
    let style = Style { width: 100, color: Color::Plain, rows: Rows::NotGreen, report: "report.html" };
    assert!(table(&report, style).contains("~ MESH-01   waived"));
}

#[test]
fn the_table_keeps_within_its_width() {
    for canned in canned::all() {
        let report = report(canned.entries);
        for width in [60, 80, 120] {
            let style = Style { width, color: Color::Plain, rows: Rows::NotGreen, report: "r" };
            for line in table(&report, style).lines() {
                // A word that is longer than the line, such as a check's id, is not broken.
                let word = line.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
                assert!(line.chars().count() <= width.max(word + 30), "{}: {line}", canned.name);
            }
        }
    }
}

#[test]
fn writing_twice_gives_the_same_files_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    put(&canned::all_green(), folder.path());
    let files = || {
        let (_, judgement) = write_all(folder.path()).unwrap();
        assert_eq!(judgement.exit.code(), 0);
        let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = entries.filter(|path| path.is_file()).collect();
        names.sort();
        names.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect::<Vec<_>>()
    };
    let (first, second) = (files(), files());
    assert!(first == second);
    assert_eq!(first.len(), 6);
}

#[test]
fn a_folder_without_a_log_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_all(folder.path()).unwrap_err().to_string();
    assert!(error.contains("events.jsonl") && error.contains("cannot be read"), "{error}");
}

#[test]
fn reports_fit_the_published_schema() {
    let schema = schema();
    for canned in canned::all() {
        let report: Value = serde_json::from_str(&text(&report(canned.entries), json)).unwrap();
        assert_fits(&schema, &schema, &report, canned.name);
    }
    let empty = report(Run::planned("20261124T101500-empty", Plan::default()).finish(RunStatus::Complete));
    assert_eq!(empty.exit_code, 4);
    assert_fits(&schema, &schema, &serde_json::to_value(empty).unwrap(), "empty");
}

/// The part of JSON Schema that our schema uses. Stricter than the standard: unknown keys are refused.
fn assert_fits(root: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return assert_fits(root, root.pointer(&reference[1..]).unwrap(), value, place);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[word].as_array() {
            let choice = choices.iter().find(|choice| type_fits(root, choice, value));
            return assert_fits(root, choice.unwrap_or_else(|| panic!("{place}: {value}")), value, place);
        }
    }
    assert!(type_fits(root, schema, value), "{place}: {value} is no {}", schema["type"]);
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place}: {value}");
    }
    match value {
        Value::Object(fields) => {
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(fields.contains_key(required.as_str().unwrap()), "{place}: {required} is missing");
            }
            for (key, value) in fields {
                let known = schema["properties"].get(key).or(schema.get("additionalProperties"));
                let known = known.unwrap_or_else(|| panic!("{place}: {key} is not in the schema"));
                if known.is_object() {
                    assert_fits(root, known, value, &format!("{place}.{key}"));
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_fits(root, &schema["items"], item, place)),
        _ => {}
    }
}

fn type_fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return type_fits(root, root.pointer(&reference[1..]).unwrap(), value);
    }
    if let Some(constant) = schema.get("const") {
        return constant == value;
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    let is = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}
