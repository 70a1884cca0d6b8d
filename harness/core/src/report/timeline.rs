//! Layout of a scenario's marks on one time axis, in whole pixels. The template draws them.

use jiff::Timestamp;
use serde::Serialize;

use super::{Mark, Report, format};

/// One scenario's marks.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    pub scenario: String,
    pub title: String,
    /// The instant at the left end of the axis.
    pub origin: String,
    pub width: u64,
    pub height: u64,
    pub plot_left: u64,
    pub plot_right: u64,
    pub axis: u64,
    pub ticks: Vec<Tick>,
    pub lanes: Vec<Lane>,
}

#[derive(Debug, Serialize)]
pub(super) struct Tick {
    pub x: u64,
    pub label: String,
}

/// One track. Marks that would overlap are on separate rows.
#[derive(Debug, Serialize)]
pub(super) struct Lane {
    pub track: String,
    pub top: u64,
    pub middle: u64,
    pub height: u64,
    pub kind: &'static str,
    pub shapes: Vec<Shape>,
}

/// A span if it has a width, otherwise an instant.
#[derive(Debug, Serialize)]
pub(super) struct Shape {
    pub x: u64,
    pub y: u64,
    pub width: u64,
    pub label: String,
    pub label_x: u64,
    /// `start` or `end`, as SVG's `text-anchor`.
    pub anchor: &'static str,
    pub when: String,
}

/// The timelines of all scenarios that have marks.
pub(super) fn timelines(report: &Report) -> Vec<Timeline> {
    let timeline = |scenario: &crate::verdict::ScenarioVerdict| {
        let marks = spans(report.timeline.iter().filter(|mark| mark.scenario == scenario.id));
        draw(&scenario.id, &scenario.title, &marks.iter().collect::<Vec<_>>())
    };
    report.scenarios.iter().filter_map(timeline).collect()
}

/// Joins the marks of a fault and of its healing into one span.
fn spans<'a>(marks: impl Iterator<Item = &'a Mark>) -> Vec<Mark> {
    let mut spans: Vec<Mark> = Vec::new();
    for mark in marks {
        let broken = mark.label.strip_suffix(HEALED).and_then(|label| {
            spans.iter_mut().rfind(|open| open.track == mark.track && open.label == label && open.until.is_none())
        });
        match broken {
            Some(open) => open.until = Some(mark.from),
            None => spans.push(mark.clone()),
        }
    }
    spans
}

const HEALED: &str = " healed";

fn draw(scenario: &str, title: &str, marks: &[&Mark]) -> Option<Timeline> {
    let origin = marks.iter().map(|mark| mark.from).min()?;
    let end = marks.iter().map(|mark| mark.until.unwrap_or(mark.from)).max()?;
    let scale = Scale { origin, total: since(origin, end).max(1) };

    let mut lanes: Vec<Lane> = Vec::new();
    let mut top = TOP;
    let mut tracks: Vec<&str> = Vec::new();
    for mark in marks {
        if !tracks.contains(&mark.track.as_str()) {
            tracks.push(&mark.track);
        }
    }
    for track in tracks {
        let mut own: Vec<&Mark> = marks.iter().filter(|mark| mark.track == track).copied().collect();
        own.sort_by_key(|mark| mark.from);
        let lane = lane(track, &own, top, &scale);
        top += lane.height + GAP;
        lanes.push(lane);
    }
    Some(Timeline {
        scenario: scenario.to_owned(),
        title: title.to_owned(),
        origin: format::instant(origin),
        width: RIGHT + MARGIN,
        height: top + AXIS,
        plot_left: LEFT,
        plot_right: RIGHT,
        axis: top,
        ticks: ticks(&scale),
        lanes,
    })
}

fn lane(track: &str, marks: &[&Mark], top: u64, scale: &Scale) -> Lane {
    // The right end of the last mark on each row.
    let mut rows: Vec<u64> = Vec::new();
    let mut shapes = Vec::new();
    for mark in marks {
        let x = scale.place(mark.from);
        let width = mark.until.map_or(0, |until| scale.place(until).saturating_sub(x).max(2));
        let text = LETTER * u64::try_from(mark.label.chars().count()).unwrap_or(0);
        // The label is inside the span if it fits, else to its right, else to its left.
        let (label_x, anchor, from, to) = if width > text + 2 * PAD {
            (x + PAD, "start", x, x + width)
        } else if x + width + PAD + text <= RIGHT + MARGIN {
            let after = x + width + if width == 0 { 2 * PAD } else { PAD };
            (after, "start", x, after + text)
        } else {
            let before = x.saturating_sub(if width == 0 { 2 * PAD } else { PAD });
            (before, "end", before.saturating_sub(text), x + width)
        };
        let row = rows.iter().position(|end| *end + PAD <= from).unwrap_or_else(|| {
            rows.push(0);
            rows.len() - 1
        });
        rows[row] = to.max(rows[row]);
        let row = u64::try_from(row).unwrap_or(0);
        shapes.push(Shape {
            x,
            y: top + row * ROW,
            width,
            label: mark.label.clone(),
            label_x,
            anchor,
            when: spell(mark, scale),
        });
    }
    let height = ROW * u64::try_from(rows.len()).unwrap_or(1);
    let kind = match track {
        _ if track.contains("fault") => "fault",
        _ if track.contains("alert") => "alert",
        _ => "plain",
    };
    Lane { track: track.to_owned(), top, middle: top + height / 2, height, kind, shapes }
}

fn spell(mark: &Mark, scale: &Scale) -> String {
    let from = format::duration(since(scale.origin, mark.from));
    match mark.until {
        Some(until) => format!(
            "from +{from} to +{}, {}",
            format::duration(since(scale.origin, until)),
            format::duration(since(mark.from, until))
        ),
        None => format!("at +{from}"),
    }
}

fn ticks(scale: &Scale) -> Vec<Tick> {
    let step = STEPS.into_iter().find(|step| scale.total / step <= 10).unwrap_or(scale.total.div_ceil(10));
    let label = |at: u64| match at {
        0 => "0".to_owned(),
        at if at % 60_000 == 0 => format!("{} min", at / 60_000),
        at if at % 1_000 == 0 => format!("{} s", at / 1_000),
        at if step >= 100 => format!("{}.{} s", at / 1_000, at % 1_000 / 100),
        at => format!("{at} ms"),
    };
    let tick = |index: u64| Tick { x: scale.pixel(index * step), label: label(index * step) };
    (0..=scale.total / step).map(tick).collect()
}

struct Scale {
    origin: Timestamp,
    /// Length of the axis in milliseconds.
    total: u64,
}

impl Scale {
    fn place(&self, at: Timestamp) -> u64 {
        self.pixel(since(self.origin, at))
    }

    fn pixel(&self, milliseconds: u64) -> u64 {
        LEFT + milliseconds * (RIGHT - LEFT) / self.total
    }
}

fn since(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

const LEFT: u64 = 130;
const RIGHT: u64 = 960;
const MARGIN: u64 = 20;
const TOP: u64 = 8;
const ROW: u64 = 24;
const GAP: u64 = 10;
const AXIS: u64 = 30;
const PAD: u64 = 6;
/// Estimated width of a label's letter, in pixels.
const LETTER: u64 = 7;
const STEPS: [u64; 14] =
    [10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_healed_fault_is_a_span() {
        let mark = |track: &str, label: &str, second: u8| Mark {
            scenario: "a/b".to_owned(),
            track: track.to_owned(),
            label: label.to_owned(),
            from: format!("2026-01-01T00:00:{second:02}Z").parse().unwrap(),
            until: None,
            facts: BTreeMap::new(),
        };
        let marks = [
            mark("faults", "outage", 1),
            mark("wire", "outage", 2),
            mark("faults", "outage healed", 5),
            mark("faults", "other healed", 6),
        ];
        let seen: Vec<_> = spans(marks.iter()).into_iter().map(|mark| (mark.label, mark.until)).collect();
        let expected = |label: &str, until: Option<Timestamp>| (label.to_owned(), until);
        assert_eq!(
            seen,
            [expected("outage", Some(marks[2].from)), expected("outage", None), expected("other healed", None)]
        );
    }
}
