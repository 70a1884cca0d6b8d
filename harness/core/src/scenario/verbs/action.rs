//! What an action answers, whichever verb it is.

use super::{About, Action, Facts, Footprint, Named, Participants, Role, Step, Verb, effects::Effects};
use crate::{scenario::resolver::Resolver, yaml::Node};

fn name<V: Named>(_: &V) -> &'static str {
    V::NAME
}

fn about<V: Verb>(_: &V) -> About {
    V::ABOUT
}

impl Action {
    /// The word that names it in a file.
    pub fn verb(&self) -> &'static str {
        with_verb!(self, spec => name(spec))
    }

    /// What holds of every step with its verb.
    pub fn about(&self) -> About {
        with_verb!(self, spec => about(spec))
    }

    /// What it is for the steps around it.
    pub fn role(&self) -> Role<'_> {
        with_verb!(self, spec => spec.role())
    }

    /// Whether its observation can be judged. That of `wait` is not: a wait that runs out is a step error.
    pub fn observes(&self) -> bool {
        self.role().observes()
    }

    /// The facts that a step with it may expect.
    pub fn facts(&self) -> Facts {
        with_verb!(self, spec => spec.facts())
    }

    /// What it does beside looking, when it uses these participants.
    pub fn effects(&self, participants: &Participants) -> Effects {
        with_verb!(self, spec => spec.effects(participants))
    }

    /// The resources that it touches, when it uses these participants.
    pub fn footprint(&self, participants: &Participants) -> Footprint {
        with_verb!(self, spec => spec.footprint(participants))
    }

    pub(in crate::scenario) fn check(&self, step: &Step, node: &Node, resolver: &mut Resolver<'_>) {
        with_verb!(self, spec => spec.check(step, node, resolver));
    }
}
