//! Lengths of time during which nothing would be observed.
//!
//! `always` and `never` are kept by looking again and again. A grid makes one round, or rounds until it is as demanded, and the cases of a
//! file are put to their targets once: their checks could only be vacuous. A step outside of `steps` is repeated until it holds, whatever it
//! says: `always` would end after one observation, and `never` would wait for its opposite.

use super::{Resolver, Section};
use crate::{
    expectation::Quantifier,
    scenario::{model::Action, verbs::Quantifiers},
    yaml::{Node, Problem, Rule},
};

impl Resolver<'_> {
    pub(super) fn unwatched(&mut self, action: &Action, when: Quantifier, node: &Node, section: Section) {
        let key = match when {
            Quantifier::Once => return,
            Quantifier::Always { .. } => "always",
            Quantifier::Eventually { .. } => "eventually",
            Quantifier::Never { .. } => "never",
        };
        let lasts = matches!(when, Quantifier::Always { .. } | Quantifier::Never { .. });
        let (message, help) = match (action.about().quantifiers, section) {
            (Quantifiers::Once, _) => {
                (format!("the cases are put to their targets once: `{key}` adds nothing"), "drop it, or raise `repeat`")
            }
            (Quantifiers::OneRound, _) if lasts => (
                format!("a grid makes one round: `{key}` could only be vacuous"),
                "raise `attempts`; watch a time with a `traffic` stream; or `eventually`, when it has to become so first",
            ),
            (_, Section::Confirm | Section::Fault | Section::Finally | Section::Setup) if lasts => (
                format!("outside of `steps` an observation is repeated until it holds: `{key}` is not checked"),
                "limit it with `timeout`, or observe in a step under `steps`",
            ),
            _ => return,
        };
        let place = node.key(key).map_or(node.place, |key| key.place);
        self.complain(Problem::new(Rule::Unwatched, place, message).help(help));
    }
}
