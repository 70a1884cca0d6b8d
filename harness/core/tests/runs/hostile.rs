//! Texts of a record are inert in every format, whatever they hold: markup, script, other directions of writing, words
//! without a space, ten kilobytes of output.

use mtls_core::{
    evidence::{event::Entry, record::Record},
    report::{PublicRecord, Report, html, summary},
};
use serde_json::Value;

use super::over_time::over_time;
use crate::text;

/// Closes every context that a text can stand in.
const HOSTILE: &str = r#"</title></style></textarea>--><script>window.pwned=1</script><img src=x onerror="pwned=1">"'><svg onload='pwned=1'><details ontoggle=pwned=1 open>&lt;{{7*7}}"#;

/// The run with this text behind every text that a scenario's author, a product or a client wrote.
pub(crate) fn spoiled(payload: &str) -> Vec<Entry> {
    let mut log = serde_json::to_value(over_time()).unwrap();
    spoil(&mut log, payload);
    serde_json::from_value(log).unwrap()
}

fn spoil(value: &mut Value, payload: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, payload)),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if FREE.contains(&key.as_str()) => text.push_str(payload),
                    other => spoil(other, payload),
                }
            }
        }
        _ => {}
    }
}

/// Keys whose values may be any text. Ids are among them: every place that names one is spoiled alike.
const FREE: [&str; 19] = [
    "title",
    "says",
    "file",
    "label",
    "track",
    "reason",
    "text",
    "source",
    "row",
    "column",
    "legend",
    "subject",
    "tag",
    "digest",
    "origin",
    "kernel",
    "world_detail",
    "spiffe",
    "namespace",
];

/// The names of all tags of a page, in order.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default()).collect()
}

fn page(payload: &str) -> String {
    let record = Record::of(spoiled(payload));
    text(&Report::of(&PublicRecord::of(&record)).0, html)
}

#[test]
fn a_hostile_text_adds_no_tag_and_no_attribute() {
    let harmless = "x".repeat(HOSTILE.chars().count());
    let (hostile, harmless) = (page(HOSTILE), page(&harmless));
    assert!(hostile.contains("window.pwned"), "the test must feed a script");
    assert_eq!(tags(&hostile), tags(&harmless));
    // A quote that ends an attribute would leave another number of them.
    assert_eq!(hostile.matches('"').count(), harmless.matches('"').count());
}

#[test]
fn no_text_turns_round_or_hides_what_follows() {
    let page = page("\u{202e}desrever\u{2066}\u{0}\u{1b}[31m");
    for letter in ['\u{202e}', '\u{2066}', '\u{0}', '\u{1b}'] {
        assert!(!page.contains(letter), "{}", letter.escape_unicode());
    }
    assert!(page.contains("⟨U+202E⟩desrever"));
}

#[test]
fn ten_kilobytes_of_output_are_cut_and_counted() {
    let endless = "0123456789".repeat(1_024);
    let mut log = serde_json::to_value(over_time()).unwrap();
    for entry in log.as_array_mut().unwrap() {
        if entry["check"].as_str().is_some_and(|check| check.ends_with("#production.plain.tcp")) {
            entry["sample"]["facts"]["outcome"] = Value::from(endless.clone());
        }
    }
    let record = Record::of(serde_json::from_value(log).unwrap());
    let (report, _) = Report::of(&PublicRecord::of(&record));
    let page = text(&report, html);
    assert!(!page.contains(&endless) && page.contains("more letters)"));
    assert!(!text(&report, summary).contains(&endless));
}
