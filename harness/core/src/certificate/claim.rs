//! `conformance.yaml`: one page that says what is claimed, in the shape of Gateway API's `ConformanceReport`.
//!
//! Input: an examination. Output: its text, the same for the same examination; and back, as far as somebody needs it who computes the text
//! again. Nothing is believed because it stands here.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan as _, civil::Date};

use super::{
    judged::{Examination, Unsupported},
    profile::{self, Profile},
    rules::VERSION,
    statement::{Tests, proven},
};
use crate::{
    evidence::plan::Level,
    support::{State, Support, SupportVerdict},
    verdict::Verdict,
    yaml::Node,
};

/// The name of the file.
pub const FILE_NAME: &str = "conformance.yaml";
const API_VERSION: &str = "mtls-conformance/v1alpha1";
const KIND: &str = "ConformanceReport";
/// What stands in the place of a signer's key.
const UNSIGNED: &str = "none";
/// Columns of a list.
const WIDTH: usize = 110;

/// What a claim says of how it was made.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The version of this program that made it.
    pub version: String,
    pub created: Timestamp,
    pub profile: Profile,
    pub unsupported: Unsupported,
    /// The name of the key that signed the certificate; `None` for one that is not signed.
    pub signer: Option<String>,
}

impl Claim {
    /// Reads a claim.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
        let node = Node::parse(text).map_err(|problem| problem.message)?;
        let field = |of: &Node, key: &str| {
            of.get(key).and_then(Node::text).map(str::to_owned).ok_or_else(|| format!("it has no text `{key}`"))
        };
        for (key, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
            let found = field(&node, key)?;
            if found != wanted {
                return Err(format!("its {key} is `{found}`, not `{wanted}`"));
            }
        }
        let harness = node.get("harness").ok_or("it has no `harness`")?;
        let profile = node.get("profile").ok_or("it has no `profile`")?;
        let signer = field(&node, "signer")?;
        Ok(Self {
            version: field(harness, "version")?,
            created: field(&node, "date")?.parse().map_err(|_| "its `date` is no instant".to_owned())?,
            profile: profile::of_claim(profile)?,
            unsupported: match field(&node, "unsupportedVersions")?.as_str() {
                "refused" => Unsupported::Refused,
                "warned" => Unsupported::Warned,
                other => return Err(format!("unsupportedVersions is `{other}`")),
            },
            signer: (signer != UNSIGNED).then_some(signer),
        })
    }
}

/// The text of the claim.
#[must_use]
pub fn text(examined: &Examination<'_>, signer: Option<&str>) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write(&mut text, examined, signer);
    text
}

fn write(out: &mut String, examined: &Examination<'_>, signer: Option<&str>) -> std::fmt::Result {
    let run = &examined.run.judgement.run;
    let source = examined.run.source();
    let commit = source.as_ref().map_or("unknown", |source| &source.commit);
    let (until, because) = valid_until(examined);
    writeln!(out, "apiVersion: {API_VERSION}\nkind: {KIND}\ndate: {}", quoted(&examined.created.to_string()))?;
    writeln!(out, "validUntil: {}\nvalidUntilBecause: {}", quoted(&until.to_string()), quoted(&because))?;
    writeln!(out, "harness:\n  version: {}\n  commit: {}", quoted(VERSION), quoted(commit))?;
    writeln!(out, "implementation:\n  name: {}", quoted(examined.run.stack()))?;
    if let Some(source) = &source {
        writeln!(out, "  infrastructure: {}", quoted(&source.infrastructure))?;
    }
    writeln!(out, "  versions: {}", list(versions(examined), "  "))?;
    writeln!(out, "mode: {}\nrun: {}", quoted(&run.world), quoted(&run.id))?;
    profile(out, examined)?;
    results(out, examined)?;
    let unsupported = match examined.unsupported {
        Unsupported::Refused => "refused",
        Unsupported::Warned => "warned",
    };
    writeln!(out, "unsupportedVersions: {}", quoted(unsupported))?;
    writeln!(out, "findings: {}", list(findings(examined), ""))?;
    writeln!(out, "withoutSupportWindow: {}", list(without_window(examined), ""))?;
    writeln!(out, "limits: {}", list(limits(signer), ""))?;
    writeln!(out, "reproduce: {}", list(reproduce(examined, commit), ""))?;
    writeln!(out, "signer: {}", quoted(signer.unwrap_or(UNSIGNED)))
}

fn profile(out: &mut String, examined: &Examination<'_>) -> std::fmt::Result {
    let profile = examined.profile;
    // The words of the file: serde writes an enumeration of words as a text.
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let levels = profile.levels.iter().map(|level| word(serde_json::json!(level)));
    writeln!(out, "profile:\n  name: {}\n  says: {}", quoted(&profile.name), quoted(&profile.says))?;
    writeln!(out, "  levels: {}", list(levels.collect(), "  "))?;
    writeln!(out, "  requirements: {}", list(profile.requirements.iter().cloned().collect(), "  "))?;
    writeln!(out, "  withoutTags: {}", list(profile.without_tags.iter().cloned().collect(), "  "))?;
    let sabotage = word(serde_json::json!(profile.sabotage));
    writeln!(out, "  sabotage: {}\n  validDays: {}", quoted(&sabotage), profile.valid_days)
}

/// Core and extended, each with its result and its numbers of requirements.
fn results(out: &mut String, examined: &Examination<'_>) -> std::fmt::Result {
    let tests = Tests::of(examined);
    writeln!(out, "result: {}", quoted(tests.result()))?;
    let proven = proven(examined);
    let plan = examined.run.plan();
    let verdict = |id: &str| {
        let judged = examined.run.judgement.requirements.iter().find(|one| one.id == id);
        judged.map(|one| one.verdict)
    };
    writeln!(out, "profiles:\n- name: {}", quoted(&examined.profile.name))?;
    for (part, is_core) in [("core", true), ("extended", false)] {
        let of_part = plan.requirements.iter().filter(|one| (one.level == Level::Core) == is_core);
        let covered: Vec<&str> =
            of_part.filter(|one| examined.profile.covers(&one.id, one.level)).map(|one| one.id.as_str()).collect();
        if covered.is_empty() {
            continue;
        }
        let count = |wanted: fn(Option<Verdict>) -> bool| covered.iter().filter(|id| wanted(verdict(id))).count();
        let failed = count(|verdict| {
            matches!(verdict, Some(Verdict::Fail | Verdict::Broken | Verdict::Unknown | Verdict::Vacuous))
        });
        let passed = count(|verdict| verdict == Some(Verdict::Pass));
        let warned = count(|verdict| matches!(verdict, Some(Verdict::Finding | Verdict::Waived)));
        let skipped = count(|verdict| matches!(verdict, None | Some(Verdict::NotApplicable)));
        let (supported, unsupported): (Vec<String>, Vec<String>) =
            covered.iter().map(|id| (*id).to_owned()).partition(|id| proven.contains(id));
        let result = match (failed, unsupported.is_empty()) {
            (0, true) => "success",
            (0, false) => "partial",
            _ => "failure",
        };
        writeln!(out, "  {part}:\n    result: {}", quoted(result))?;
        writeln!(
            out,
            "    statistics: {{passed: {passed}, warned: {warned}, failed: {failed}, skipped: {skipped}, proven: {}}}",
            supported.len()
        )?;
        writeln!(out, "    supportedFeatures: {}", list(supported, "    "))?;
        writeln!(out, "    unsupportedFeatures: {}", list(unsupported, "    "))?;
    }
    Ok(())
}

/// The last day, and what makes it so.
fn valid_until(examined: &Examination<'_>) -> (Date, String) {
    let days = examined.profile.valid_days;
    let by_profile = examined.day().saturating_add(i64::from(days).days());
    let support = examined.run.judgement.support.iter();
    let supported = support.flat_map(|support| support.of(State::Supported));
    let first = supported.filter_map(|one| Some((one.until?, one))).min_by_key(|(until, _)| *until);
    match first {
        Some((until, one)) if until < by_profile => (until, format!("support of {} ends", one.name())),
        _ => (by_profile, format!("{days} days by the profile")),
    }
}

fn versions(examined: &Examination<'_>) -> Vec<String> {
    let versions = examined.run.judgement.support.iter().flat_map(|support| &support.versions);
    let mut names: Vec<String> = versions.map(SupportVerdict::name).collect();
    names.dedup();
    names
}

/// What is on record as not met, and what nobody supports any more.
fn findings(examined: &Examination<'_>) -> Vec<String> {
    let judgement = &examined.run.judgement;
    let ended = judgement.support.iter().flat_map(Support::ended).map(SupportVerdict::line);
    let recorded =
        judgement.requirements.iter().filter(|one| matches!(one.verdict, Verdict::Finding | Verdict::Waived));
    ended.chain(recorded.map(|one| format!("{}: {}", one.id, one.reason))).collect()
}

/// The versions whose support is not known.
fn without_window(examined: &Examination<'_>) -> Vec<String> {
    let support = examined.run.judgement.support.iter();
    let states = [State::Unknown, State::Unconfirmed];
    let unknown = support.flat_map(|support| states.map(|state| support.of(state))).flatten();
    unknown.map(SupportVerdict::line).collect()
}

fn limits(signer: Option<&str>) -> Vec<String> {
    let time = "The date is what the signer's clock said: a key carries no trusted time. An RFC 3161 stamp or a transparency log gives one.";
    let unsigned = "Nobody signed this certificate: it shows damage, not who made it.";
    let first = if signer.is_some() { time } else { unsigned };
    vec![first.to_owned(), "What is in neither list of features is not claimed.".to_owned()]
}

fn reproduce(examined: &Examination<'_>, commit: &str) -> Vec<String> {
    let allowed = match examined.unsupported {
        Unsupported::Refused => "",
        Unsupported::Warned => " --allow-unsupported",
    };
    let name = &examined.profile.name;
    vec![
        format!("git checkout {commit}"),
        format!("cargo xtask certify --profile {name}{allowed} --unsigned --out DIR"),
    ]
}

/// A text as JSON spells it, which YAML reads.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// A list in brackets, in lines of at most [`WIDTH`] columns where its items are short.
fn list(items: Vec<String>, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for item in items {
        let item = quoted(&item);
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(',');
            }
            if !line.is_empty() && line.len() + item.len() >= WIDTH {
                lines.push(item);
            } else {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(&item);
            }
        }
    }
    match lines.as_slice() {
        [only] if only.len() < WIDTH => format!("[{only}]"),
        several => format!("[\n{indent}  {}\n{indent}]", several.join(&format!("\n{indent}  "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_wrapped_and_read_again() {
        let items: Vec<String> = (0..60).map(|number| format!("ITEM-{number:02}: \"x\"")).collect();
        let text = format!("a:\n  b: {}\n", list(items.clone(), "  "));
        assert!(text.lines().count() > 5 && text.lines().all(|line| line.len() < WIDTH + 20), "{text}");
        let node = Node::parse(&text).unwrap();
        let read = node.get("a").unwrap().get("b").unwrap().items();
        let read: Vec<String> = read.iter().map(|item| item.text().unwrap().to_owned()).collect();
        assert_eq!(read, items);
        assert_eq!(list(Vec::new(), ""), "[]");
    }

    #[test]
    fn a_claim_of_another_kind_is_refused() {
        let refused = |text: &str| Claim::read(text.as_bytes()).unwrap_err();
        assert_eq!(
            refused("apiVersion: a/v1\nkind: ConformanceReport\n"),
            "its apiVersion is `a/v1`, not `mtls-conformance/v1alpha1`"
        );
        assert_eq!(refused("kind: x"), "it has no text `apiVersion`");
        assert!(!refused("a: [").is_empty());
    }
}
