//! An axis of time: where an instant is, and the ticks below.

use jiff::Timestamp;

use super::draw::{Anchor, Drawing, Share};

/// A span of time as wide as a drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    origin: Timestamp,
    /// Length in milliseconds; at least one.
    total: u64,
}

impl Axis {
    pub(super) fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { origin: from, total: since(from, until).max(1) }
    }

    pub(super) fn place(&self, at: Timestamp) -> Share {
        Share::of(since(self.origin, at), self.total)
    }

    /// Milliseconds from the left end.
    pub(super) fn offset(&self, at: Timestamp) -> u64 {
        since(self.origin, at)
    }

    /// Lines at the ticks of the axis, behind other shapes.
    pub(super) fn grid(&self, drawing: &mut Drawing) {
        for at in self.ticks() {
            drawing.line(Share::of(at, self.total), "tick");
        }
    }

    /// The ticks with their texts.
    pub(super) fn drawn(&self) -> Drawing {
        let mut drawing = Drawing::new(18);
        for at in self.ticks() {
            let place = Share::of(at, self.total);
            let anchor = match at {
                0 => Anchor::Start,
                _ if place.is_at_least(94.0) => Anchor::End,
                _ => Anchor::Middle,
            };
            drawing.text((place, 13), anchor, "tick", &label(at));
        }
        drawing
    }

    /// Few enough for a narrow page.
    fn ticks(&self) -> impl Iterator<Item = u64> {
        let step = STEPS.into_iter().find(|step| self.total / step <= MOST).unwrap_or(self.total.div_ceil(MOST).max(1));
        (0..=self.total / step).map(move |index| index * step)
    }
}

fn since(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

fn label(at: u64) -> String {
    match at {
        0 => "0".to_owned(),
        at if at % 3_600_000 == 0 => format!("{} h", at / 3_600_000),
        at if at % 60_000 == 0 => format!("{} min", at / 60_000),
        at if at > 60_000 && at % 1_000 == 0 => format!("{}:{:02} min", at / 60_000, at % 60_000 / 1_000),
        at if at % 1_000 == 0 => format!("{} s", at / 1_000),
        at => format!("{at} ms"),
    }
}

/// Maximum number of ticks after the first.
const MOST: u64 = 6;
const STEPS: [u64; 20] = [
    10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000,
    1_800_000, 3_600_000, 7_200_000, 21_600_000,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(milliseconds: i64) -> Axis {
        Axis::new(Timestamp::UNIX_EPOCH, Timestamp::from_millisecond(milliseconds).unwrap())
    }

    #[test]
    fn an_axis_has_few_round_ticks() {
        let labels = |milliseconds| axis(milliseconds).ticks().map(label).collect::<Vec<_>>();
        assert_eq!(labels(56_400), ["0", "10 s", "20 s", "30 s", "40 s", "50 s"]);
        assert_eq!(labels(300_000), ["0", "1 min", "2 min", "3 min", "4 min", "5 min"]);
        assert_eq!(labels(180_000)[..4], ["0", "30 s", "1 min", "1:30 min"]);
        assert_eq!(labels(0), ["0"]);
        for milliseconds in [1, 999, 123_456, 100_000_000_000] {
            assert!(axis(milliseconds).ticks().count() <= 7, "{milliseconds}");
        }
    }

    #[test]
    fn an_instant_before_the_axis_is_at_its_beginning() {
        let before = Timestamp::from_millisecond(-5).unwrap();
        assert_eq!(axis(10).place(before).to_string(), "0.00%");
    }
}
