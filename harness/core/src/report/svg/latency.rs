//! The time of handshakes per class, on a logarithmic axis: full and resumed handshakes differ by powers of ten.

use super::{
    Chart, Strip,
    draw::{Anchor, Bar, Drawing, Share},
};
use crate::report::{Latency, Report};

/// The chart; `None` for a run that timed no handshake.
pub(in crate::report) fn latency(report: &Report) -> Option<Chart> {
    let least = report.latencies.iter().map(|one| one.least).min()?;
    let most = report.latencies.iter().map(|one| one.greatest).max()?;
    let scale = Scale::around(least, most);
    let strips = report.latencies.iter().map(|one| strip(one, &scale)).collect();
    Some(Chart {
        name: String::new(),
        says: "Each line goes from the fastest to the slowest handshake, each bar to the ninetieth of a hundred; ◆ is the \
               median."
            .to_owned(),
        strips,
        axis: scale.drawn(),
        unit: "Time per TLS handshake, logarithmic".to_owned(),
    })
}

/// Powers of ten of microseconds.
struct Scale {
    first: u32,
    last: u32,
}

impl Scale {
    fn around(least: u64, most: u64) -> Self {
        let first = least.max(1).ilog10();
        Self { first, last: (most.max(1).ilog10() + 1).max(first + 1) }
    }

    fn place(&self, microseconds: u64) -> Share {
        let value = u32::try_from(microseconds.max(1)).map_or(f64::from(u32::MAX), f64::from);
        let decades = f64::from(self.last - self.first);
        Share::percent((value.log10() - f64::from(self.first)) * 100.0 / decades)
    }

    fn ticks(&self) -> impl Iterator<Item = u64> {
        (self.first..=self.last).map(|power| 10_u64.saturating_pow(power))
    }

    fn drawn(&self) -> Drawing {
        let mut drawing = Drawing::new(18);
        for at in self.ticks() {
            let place = self.place(at);
            let anchor = match place {
                _ if place <= Share::NONE => Anchor::Start,
                _ if place.is_at_least(94.0) => Anchor::End,
                _ => Anchor::Middle,
            };
            drawing.text((place, 13), anchor, "tick", &spelled(at));
        }
        drawing
    }
}

fn strip(one: &Latency, scale: &Scale) -> Strip {
    let mut drawing = Drawing::new(ROW);
    for at in scale.ticks() {
        drawing.line(scale.place(at), "tick");
    }
    let place = |at| scale.place(at);
    let says = format!("from {} to {}", spelled(one.least), spelled(one.greatest));
    drawing.bar(Bar { top: 8, height: 2, from: place(one.least), until: place(one.greatest) }, "range", &says);
    let says = format!("nine of ten within {}", spelled(one.ninetieth));
    drawing.bar(Bar { top: 4, height: 10, from: place(one.least), until: place(one.ninetieth) }, "serial even", &says);
    drawing.text((place(one.median), 14), Anchor::Middle, "done", "◆");
    let note = format!(
        "{} handshakes, median {}, nine of ten within {}, slowest {}",
        one.count,
        spelled(one.median),
        spelled(one.ninetieth),
        spelled(one.greatest)
    );
    Strip { label: one.class.clone(), note, drawing }
}

/// Microseconds as text: `840 µs`, `1.6 ms`, `2 s`.
fn spelled(microseconds: u64) -> String {
    let tenth = |whole: u64, tenth: u64, unit: &str| {
        if tenth == 0 { format!("{whole} {unit}") } else { format!("{whole}.{tenth} {unit}") }
    };
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..1_000_000 => tenth(microseconds / 1_000, microseconds % 1_000 / 100, "ms"),
        _ => tenth(microseconds / 1_000_000, microseconds % 1_000_000 / 100_000, "s"),
    }
}

const ROW: u32 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_place_between_powers_of_ten() {
        let scale = Scale::around(200, 4_000);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [100, 1_000, 10_000]);
        for (microseconds, place) in [(0, "0.00%"), (100, "0.00%"), (1_000, "50.00%"), (10_000, "100.00%")] {
            assert_eq!(scale.place(microseconds).to_string(), place);
        }
        assert_eq!(Scale::around(0, 0).ticks().count(), 2);
    }

    #[test]
    fn times_are_spelled_with_the_unit_that_fits() {
        for (microseconds, text) in [(840, "840 µs"), (1_000, "1 ms"), (1_640, "1.6 ms"), (2_000_000, "2 s")] {
            assert_eq!(spelled(microseconds), text);
        }
    }
}
