//! Who presented which certificate when, and when requests were lost: one chart per stream.

use jiff::{SignedDuration, Timestamp};

use super::{
    Chart, Strip,
    axis::Axis,
    draw::{Anchor, Bar, Drawing, Share},
};
use crate::report::{LedgerView, Report, SerialPair, format, ledgers::Window};

/// A chart for each stream whose record has serials or loss windows.
pub(in crate::report) fn serials(report: &Report) -> Vec<Chart> {
    report.ledgers.iter().filter_map(chart).collect()
}

fn chart(view: &LedgerView) -> Option<Chart> {
    let ledger = &view.ledger;
    let losses: Vec<Loss<'_>> = ledger.loss_windows.list.iter().filter_map(loss).collect();
    let from = ledger.pairs.iter().map(|pair| pair.first).chain(losses.iter().map(|loss| loss.from)).min()?;
    let until = ledger.pairs.iter().map(|pair| pair.last).chain(losses.iter().map(|loss| loss.until)).max()?;
    let axis = Axis::new(from, until);
    let (server, client) =
        (uses(&ledger.pairs, |pair| pair.server.as_deref()), uses(&ledger.pairs, |pair| pair.client.as_deref()));
    let ends = [("Presented by the server", server), ("Presented by the client", client)];
    let mut strips: Vec<Strip> = ends.iter().filter_map(|(label, uses)| presented(label, uses, &axis)).collect();
    strips.push(lost(&losses, ledger.loss_windows.count, &axis));
    Some(Chart {
        name: view.check.clone(),
        says: format!("Certificates and losses of the stream: {}.", view.who()),
        strips,
        axis: axis.drawn(),
        unit: format!("Time since {}", format::instant(from)),
    })
}

/// The time in which one serial was presented.
struct Use<'a> {
    serial: &'a str,
    first: Timestamp,
    last: Timestamp,
    requests: u64,
}

fn uses<'a>(pairs: &'a [SerialPair], serial: fn(&'a SerialPair) -> Option<&'a str>) -> Vec<Use<'a>> {
    let mut uses: Vec<Use<'a>> = Vec::new();
    for pair in pairs {
        let Some(serial) = serial(pair) else { continue };
        match uses.iter_mut().find(|known| known.serial == serial) {
            Some(known) => {
                known.first = known.first.min(pair.first);
                known.last = known.last.max(pair.last);
                known.requests += pair.requests;
            }
            None => uses.push(Use { serial, first: pair.first, last: pair.last, requests: pair.requests }),
        }
    }
    uses.sort_by_key(|one| one.first);
    uses
}

/// A row per serial: old connections keep the old certificate while new ones have the next.
fn presented(label: &str, uses: &[Use<'_>], axis: &Axis) -> Option<Strip> {
    if uses.is_empty() {
        return None;
    }
    let mut drawing = Drawing::new(u32::try_from(uses.len()).unwrap_or(1).saturating_mul(ROW));
    axis.grid(&mut drawing);
    for (row, one) in (0_u32..).zip(uses) {
        let bar = Bar { top: row * ROW + 1, height: ROW - 3, from: axis.place(one.first), until: axis.place(one.last) };
        let short: String = one.serial.chars().take(SHORT).collect();
        let says = format!(
            "serial {}: from +{} to +{}, {}",
            one.serial,
            format::duration(axis.offset(one.first)),
            format::duration(axis.offset(one.last)),
            format::count(usize::try_from(one.requests).unwrap_or(usize::MAX), "request")
        );
        drawing.bar(bar, if row % 2 == 0 { "serial even" } else { "serial odd" }, &says);
        beside(&mut drawing, bar, &short);
    }
    Some(Strip { label: label.to_owned(), note: format::count(uses.len(), "certificate"), drawing })
}

/// A short text inside its bar, or beside it where there is room.
fn beside(drawing: &mut Drawing, bar: Bar, text: &str) {
    let y = bar.top + bar.height - 3;
    if bar.from.to(bar.until).is_at_least(WIDE) {
        drawing.text((bar.from.middle(bar.until), y), Anchor::Middle, "inside", text);
    } else if bar.until.to(Share::WHOLE).is_at_least(WIDE) {
        drawing.text((bar.until, y), Anchor::Start, "beside", &format!("\u{a0}{text}"));
    } else {
        drawing.text((bar.from, y), Anchor::End, "beside", &format!("{text}\u{a0}"));
    }
}

struct Loss<'a> {
    from: Timestamp,
    until: Timestamp,
    window: &'a Window,
}

/// `None` for a window whose beginning is no instant.
fn loss(window: &Window) -> Option<Loss<'_>> {
    let from: Timestamp = window.from.parse().ok()?;
    let until = from.checked_add(SignedDuration::from_millis(i64::try_from(window.ms).ok()?)).ok()?;
    Some(Loss { from, until, window })
}

fn lost(losses: &[Loss<'_>], count: u64, axis: &Axis) -> Strip {
    let mut drawing = Drawing::new(ROW);
    axis.grid(&mut drawing);
    for loss in losses {
        let bar = Bar { top: 1, height: ROW - 3, from: axis.place(loss.from), until: axis.place(loss.until) };
        let says = format!(
            "{} from +{}: {}",
            format::duration(loss.window.ms),
            format::duration(axis.offset(loss.from)),
            format::count(loss.window.requests, "request")
        );
        drawing.bar(bar, "bar fail", &says);
        drawing.text((bar.from.middle(bar.until), bar.top + bar.height - 3), Anchor::Middle, "on-bar", "✗");
    }
    let total: u64 = losses.iter().map(|loss| loss.window.ms).sum();
    let note = match count {
        0 => "none".to_owned(),
        count => {
            let windows = format::count(usize::try_from(count).unwrap_or(usize::MAX), "window");
            format!("{windows}, {} together", format::duration(total))
        }
    };
    Strip { label: "Requests lost or failed".to_owned(), note, drawing }
}

/// Height of a row in pixels.
const ROW: u32 = 18;
/// Letters of a serial that are shown.
const SHORT: usize = 8;
/// Share of the width, in percent, that a short serial needs on a narrow page.
const WIDE: f64 = 20.0;
