//! Durations, quantifiers and the limit of a step.

use std::time::Duration;

use super::Resolver;
use crate::{
    expectation::{Quantifier, matching::spell_duration},
    scenario::raw,
    yaml::{Node, Problem, Rule},
};

/// Limit of a step that does not set its own; added to the length of a quantifier.
const PATIENCE: Duration = Duration::from_mins(1);
/// Looks that `always` and `never` need at least.
const SAMPLES: u32 = 10;
/// Looks in a row that `eventually` needs.
const STABLE: u32 = 3;

impl Resolver<'_> {
    /// The quantifier of a step and how long it lasts.
    pub(super) fn quantifier(&mut self, raw: &raw::Step, node: &Node) -> (Quantifier, Duration) {
        let given = [("eventually", &raw.eventually), ("always", &raw.always), ("never", &raw.never)];
        let mut given = given.into_iter().filter_map(|(word, span)| Some((word, span.as_ref()?)));
        let Some((word, span)) = given.next() else { return (Quantifier::Once, Duration::ZERO) };
        if let Some((other, _)) = given.next() {
            let place = node.key(other).map_or(node.place, |key| key.place);
            let message = format!("`{word}` and `{other}` cannot both hold for one step");
            self.complain(Problem::new(Rule::Quantifier, place, message).help("split it into two steps"));
        }
        let place = node.nearest(&[word, "for"]).place;
        let length = self.duration(&span.length, place).unwrap_or_default();
        let samples = span.samples;
        if samples == Some(0) {
            let place = node.nearest(&[word, "samples"]).place;
            self.complain(
                Problem::new(Rule::Quantifier, place, "zero observations prove nothing").help("ask for at least 1"),
            );
        }
        let quantifier = match word {
            "eventually" => Quantifier::Eventually { within: length, stable: samples.unwrap_or(STABLE) },
            "always" => Quantifier::Always { hold: length, samples: samples.unwrap_or(SAMPLES) },
            _ => Quantifier::Never { hold: length, samples: samples.unwrap_or(SAMPLES) },
        };
        (quantifier, length)
    }

    pub(super) fn timeout(&mut self, raw: &raw::Step, node: &Node, length: Duration) -> Duration {
        let Some(text) = &raw.timeout else { return PATIENCE + length };
        let place = node.nearest(&["timeout"]).place;
        let timeout = self.duration(text, place).unwrap_or(PATIENCE);
        if timeout < length {
            let message = format!("the step may observe for {} but is cut off after {text}", spell_duration(length));
            self.complain(Problem::new(Rule::Timeout, place, message).help("raise `timeout` or drop it"));
        }
        timeout
    }
}
