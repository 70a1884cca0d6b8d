//! Lifetimes of certificates against their renewal. Each bar is one whole lifetime, so that those of an hour and of a year
//! compare.

use jiff::Timestamp;

use super::{
    Chart, Strip,
    draw::{Anchor, Bar, Drawing, Share},
};
use crate::report::{Lifetime, Report, format};

/// The chart; `None` for a run that observed no lifetime.
pub(in crate::report) fn lifetimes(report: &Report) -> Option<Chart> {
    let strips: Vec<Strip> = report.lifetimes.iter().take(MOST).map(strip).collect();
    let more = report.lifetimes.len().saturating_sub(MOST);
    (!strips.is_empty()).then(|| Chart {
        name: String::new(),
        says: "Each bar is one lifetime from left to right; ◇ is the renewal that is due, ◆ the one that was observed."
            .to_owned(),
        strips,
        axis: axis(),
        unit: if more == 0 {
            "Share of the lifetime".to_owned()
        } else {
            format!("Share of the lifetime; {more} more certificates are in report.json")
        },
    })
}

/// The longest axis: certificates that are used after their end are seen behind it.
const LONGEST: u64 = 1_100;
/// Maximum number of certificates in the chart.
const MOST: usize = 30;
const ROW: u32 = 18;

fn place(one: &Lifetime, at: Timestamp) -> Share {
    Share::of(one.used(at), LONGEST)
}

fn strip(one: &Lifetime) -> Strip {
    let mut drawing = Drawing::new(ROW);
    for quarter in [0, 250, 500, 750, 1_000] {
        drawing.line(Share::of(quarter, LONGEST), "tick");
    }
    let whole = Bar { top: 6, height: 6, from: Share::NONE, until: Share::of(1_000, LONGEST) };
    drawing.bar(whole, "lifetime", &format!("valid from {} until {}", one.not_before, one.not_after));
    let percent = |at| one.used(at) / 10;
    let mut notes = vec![format::duration(one.milliseconds())];
    let last = one.replaced.unwrap_or(one.seen);
    let seen = Bar { top: 3, height: 12, from: place(one, one.seen), until: place(one, last) };
    drawing.bar(seen, "seen", &format!("first seen after {}% of its lifetime", percent(one.seen)));
    if let Some(at) = one.renewal {
        drawing.text((place(one, at), 14), Anchor::Middle, "due", "◇");
        notes.push(format!("renewal due at {}%", percent(at)));
    }
    if let Some(at) = one.replaced {
        drawing.text((place(one, at), 14), Anchor::Middle, "done", "◆");
        notes.push(format!("renewed at {}%", percent(at)));
    }
    let serial: String = one.serial.chars().take(8).collect();
    Strip { label: format!("{} {serial}", one.holder), note: notes.join(", "), drawing }
}

fn axis() -> Drawing {
    let mut drawing = Drawing::new(18);
    for quarter in [0, 250, 500, 750, 1_000] {
        let anchor = if quarter == 0 { Anchor::Start } else { Anchor::Middle };
        drawing.text((Share::of(quarter, LONGEST), 13), anchor, "tick", &format!("{}%", quarter / 10));
    }
    drawing
}
