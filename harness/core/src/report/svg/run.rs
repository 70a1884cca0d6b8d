//! The timeline of a run: phases, scenarios, sabotages and unscripted changes, each kind in rows of its own.

use jiff::Timestamp;

use super::{
    Chart, Strip,
    axis::Axis,
    draw::{Bar, Drawing},
};
use crate::report::{Report, Span, SpanKind, format};

/// The chart; `None` for a run in which nothing began.
pub(in crate::report) fn run(report: &Report) -> Option<Chart> {
    let ends = report.spans.iter().flat_map(|span| [Some(span.from), span.until]).flatten();
    let from = report.spans.iter().map(|span| span.from).chain(report.run.started).min()?;
    let until = ends.chain(report.run.ended).max()?;
    let axis = Axis::new(from, until);
    let strips: Vec<Strip> = KINDS
        .into_iter()
        .filter_map(|(kind, label)| {
            let mut own: Vec<&Span> = report.spans.iter().filter(|span| span.kind == kind).collect();
            own.sort_by_key(|span| span.from);
            (!own.is_empty()).then(|| Strip {
                label: label.to_owned(),
                note: own.len().to_string(),
                drawing: rows(&own, &axis, until),
            })
        })
        .collect();
    (!strips.is_empty()).then(|| Chart {
        name: String::new(),
        says: "Bars from left to right in the order of time; what is not green has its symbol.".to_owned(),
        strips,
        axis: axis.drawn(),
        unit: format!("Time since {}", format::instant(from)),
    })
}

const KINDS: [(SpanKind, &str); 4] = [
    (SpanKind::Phase, "Preparation"),
    (SpanKind::Scenario, "Scenarios"),
    (SpanKind::Sabotage, "Sabotages"),
    (SpanKind::Unscripted, "Unscripted changes"),
];

/// What ran at the same time is in separate rows.
fn rows(spans: &[&Span], axis: &Axis, end: Timestamp) -> Drawing {
    let mut free: Vec<Timestamp> = Vec::new();
    let placed: Vec<(u32, &Span)> = spans
        .iter()
        .map(|span| {
            let until = span.until.unwrap_or(end);
            let row = free.iter().position(|free| *free <= span.from).unwrap_or_else(|| {
                free.push(until);
                free.len() - 1
            });
            free[row] = until;
            (u32::try_from(row).unwrap_or(u32::MAX / ROW), *span)
        })
        .collect();
    let mut drawing = Drawing::new(u32::try_from(free.len()).unwrap_or(1).saturating_mul(ROW));
    axis.grid(&mut drawing);
    for (row, span) in placed {
        let until = span.until.unwrap_or(end);
        let bar = Bar { top: row * ROW + 1, height: ROW - 3, from: axis.place(span.from), until: axis.place(until) };
        let took = format::duration(axis.offset(until).saturating_sub(axis.offset(span.from)));
        let ended = if span.until.is_some() { took } else { format!("{took}, and no end is recorded") };
        let begun = format::duration(axis.offset(span.from));
        let says = format!("{}: {}, from +{begun} for {ended}", span.id, span.verdict.word());
        let class = format!("bar {}", span.verdict.word());
        match span.kind {
            SpanKind::Scenario => drawing.linked(bar, &class, &says, &format!("scenario-{}", span.id)),
            SpanKind::Phase | SpanKind::Sabotage | SpanKind::Unscripted => drawing.bar(bar, &class, &says),
        }
        drawing.symbol(bar, span.verdict);
    }
    drawing
}

/// Height of a row in pixels.
const ROW: u32 = 17;
