//! Lifetimes of the certificates that a run observed, and when in their life they were renewed.
//!
//! Input: samples whose facts have a `leaf` (verbs `inspect` and `rotate`), and marks that name a certificate's
//! `not-after` when it was first seen. Output: one [`Lifetime`] per certificate. A certificate whose start is not recorded
//! is left out: without it no share of the lifetime is known. Trials are left out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{evidence::event::Sample, expectation::matching::parse_duration, scenario::trial::MARK};

/// A certificate, and what the run observed of its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lifetime {
    /// The check that observed it.
    pub check: String,
    /// Its first name: a URI or DNS name, else the subject.
    pub holder: String,
    pub serial: String,
    #[schemars(with = "String")]
    pub not_before: Timestamp,
    #[schemars(with = "String")]
    pub not_after: Timestamp,
    /// When it was first observed.
    #[schemars(with = "String")]
    pub seen: Timestamp,
    /// When the issuing product says that it will renew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub renewal: Option<Timestamp>,
    /// When its successor for the same holder was first observed in the same check.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub replaced: Option<Timestamp>,
}

impl Lifetime {
    /// The share of the lifetime that was over at this instant, in thousandths; above 1000 after its end.
    pub(super) fn used(&self, at: Timestamp) -> u64 {
        let whole = self.not_after.duration_since(self.not_before).as_millis();
        let over = at.duration_since(self.not_before).as_millis();
        if whole <= 0 { 0 } else { u64::try_from(over.max(0) * 1000 / whole).unwrap_or(u64::MAX) }
    }

    /// As the marks know it.
    fn by(self, marks: &[Sighting<'_>]) -> Self {
        let scenario = self.check.split('#').next().unwrap_or_default();
        let own: Vec<&Sighting<'_>> = marks.iter().filter(|mark| mark.scenario == scenario).collect();
        let first = own.iter().position(|mark| !mark.start().is_empty() && self.serial.starts_with(mark.start()));
        let Some(first) = first else { return self };
        let next = own[first + 1..].iter().find(|mark| mark.holder() == own[first].holder()).map(|mark| mark.at);
        Self { seen: self.seen.min(own[first].at), replaced: next.or(self.replaced), ..self }
    }

    /// The whole lifetime in milliseconds.
    pub(super) fn milliseconds(&self) -> u64 {
        u64::try_from(self.not_after.duration_since(self.not_before).as_millis()).unwrap_or(0)
    }
}

/// The mark of a certificate that was seen for the first time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting<'a> {
    pub scenario: &'a str,
    pub track: &'a str,
    /// The holder's name, and the beginning of the serial.
    pub label: &'a str,
    pub at: Timestamp,
}

impl Sighting<'_> {
    fn holder(&self) -> Option<(&str, &str)> {
        self.label.rsplit_once(' ').map(|(name, _)| (self.track, name))
    }

    /// The beginning of the serial.
    fn start(&self) -> &str {
        self.label.rsplit_once(' ').map_or("", |(_, start)| start)
    }
}

/// Collects the certificates of a run.
#[derive(Debug, Default)]
pub(super) struct Lifetimes(Vec<Lifetime>);

impl Lifetimes {
    pub(super) fn take(&mut self, check: &str, sample: &Sample) {
        if check.contains(MARK) {
            return;
        }
        let Some(found) = lifetime(check, sample) else { return };
        // Another look at the same certificate adds nothing but the time of its renewal.
        if let Some(known) = self.0.iter_mut().find(|known| known.serial == found.serial && known.check == found.check)
        {
            known.renewal = known.renewal.or(found.renewal);
            return;
        }
        let before = self.0.iter_mut().rfind(|known| known.check == found.check && known.holder == found.holder);
        if let Some(before) = before {
            before.replaced = Some(found.seen);
        }
        self.0.push(found);
    }

    /// The certificates in the order in which they were first seen, each once. A mark that names a certificate knows
    /// better than a sample, which sums up a whole step, when it was first seen and when another took its place.
    pub(super) fn all(self, marks: &[Sighting<'_>]) -> Vec<Lifetime> {
        let mut by_serial: BTreeMap<String, Lifetime> = BTreeMap::new();
        for one in self.0 {
            let known = by_serial.entry(one.serial.clone()).or_insert_with(|| one.clone());
            known.renewal = known.renewal.or(one.renewal);
            known.replaced = known.replaced.or(one.replaced);
        }
        let mut all: Vec<Lifetime> = by_serial.into_values().map(|one| one.by(marks)).collect();
        all.sort_by(|one, other| (one.seen, &one.serial).cmp(&(other.seen, &other.serial)));
        all
    }
}

fn lifetime(check: &str, sample: &Sample) -> Option<Lifetime> {
    let leaf = &sample.facts["leaf"];
    let instant = |key: &str| leaf[key].as_str()?.parse::<Timestamp>().ok();
    let (not_before, not_after) = (instant("not-before")?, instant("not-after")?);
    let before = sample.facts["renewal"]["before-expiry"].as_str().and_then(parse_duration);
    let before = before.and_then(|before| SignedDuration::try_from(before).ok());
    Some(Lifetime {
        check: check.to_owned(),
        holder: holder(leaf)?.to_owned(),
        serial: leaf["serial"].as_str()?.to_owned(),
        not_before,
        not_after,
        seen: sample.at,
        renewal: before.and_then(|before| not_after.checked_sub(before).ok()),
        replaced: None,
    })
}

fn holder(leaf: &Value) -> Option<&str> {
    let names = &leaf["san"];
    names["uri"][0].as_str().or(names["dns"][0].as_str()).or(leaf["subject"].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: u8) -> Timestamp {
        format!("2026-01-01T00:00:{second:02}Z").parse().unwrap()
    }

    fn sample(second: u8, serial: &str, from: u8, until: u8, before: Option<&str>) -> Sample {
        let mut facts = json!({"leaf": {
            "serial": serial, "not-before": at(from).to_string(), "not-after": at(until).to_string(),
            "san": {"uri": ["spiffe://a/b"], "dns": []}, "subject": "CN=b",
        }});
        if let Some(before) = before {
            facts["renewal"] = json!({"before-expiry": before});
        }
        Sample { at: at(second), facts, source: "direct".to_owned(), evidence: vec![], problem: None }
    }

    #[test]
    fn a_certificate_is_followed_from_issuance_to_its_successor() {
        let mut lifetimes = Lifetimes::default();
        lifetimes.take("a/b#c", &sample(10, "01", 0, 40, None));
        lifetimes.take("a/b#c", &sample(12, "01", 0, 40, Some("10s")));
        lifetimes.take("a/b#c", &sample(30, "02", 20, 59, None));
        lifetimes.take("a/b!broken#c", &sample(31, "03", 20, 59, None));
        lifetimes.take("a/b#other", &sample(32, "02", 20, 59, None));
        let all = lifetimes.all(&[]);
        assert_eq!(all.iter().map(|one| one.serial.as_str()).collect::<Vec<_>>(), ["01", "02"]);
        assert_eq!((all[0].renewal, all[0].replaced), (Some(at(30)), Some(at(30))));
        assert_eq!((all[0].used(at(30)), all[0].milliseconds()), (750, 40_000));
        assert_eq!((all[1].renewal, all[1].replaced), (None, None));
    }

    #[test]
    fn marks_know_better_when_a_certificate_was_replaced() {
        let mut lifetimes = Lifetimes::default();
        lifetimes.take("a/b#c", &sample(10, "0123456789", 0, 40, None));
        lifetimes.take("a/b#d", &sample(50, "9876543210", 20, 59, None));
        let mark = |scenario: &'static str, label: &'static str, second| Sighting {
            scenario,
            track: "Secret",
            label,
            at: at(second),
        };
        let marks = [mark("a/b", "tls 01234567", 12), mark("x/y", "tls 98765432", 13), mark("a/b", "tls 98765432", 25)];
        let all = lifetimes.all(&marks);
        let seen: Vec<_> = all.iter().map(|one| (one.serial.as_str(), one.seen, one.replaced)).collect();
        assert_eq!(seen, [("0123456789", at(10), Some(at(25))), ("9876543210", at(25), None)]);
    }

    #[test]
    fn facts_that_are_no_certificate_are_left_out() {
        let mut lifetimes = Lifetimes::default();
        for facts in [json!({}), json!({"leaf": {}}), json!({"leaf": {"serial": "1", "not-after": at(3).to_string()}})]
        {
            lifetimes.take("a/b#c", &Sample { facts, ..sample(1, "1", 0, 1, None) });
        }
        assert_eq!(lifetimes.all(&[]), []);
    }
}
