//! What is said of a verb: to authors, to the linter, and to whoever runs it.

use super::{
    fault::Fault,
    grid::{CaseGrid, HandshakeGrid},
};
use crate::expectation::Expectation;

/// What holds of every step with the verb.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// How it is written, for the table of verbs.
    pub usage: &'static str,
    /// What it does, in a phrase.
    pub does: &'static str,
    /// Its facts, for the table of verbs.
    pub shows: &'static str,
    pub facts: Facts,
    pub quantifiers: Quantifiers,
    pub repeats: Repeats,
}

/// Which facts a step may expect.
///
/// The runner decides what it records; a new fact is added here so that scenarios may expect it.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub words: Words,
    /// Who has the facts, where that is not the verb itself.
    pub(in crate::scenario) producer: Option<&'static str>,
    is_absence: fn(&Expectation) -> bool,
}

/// First words of the paths of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Nothing is observed, or cells say what they expect.
    None,
    /// As wide as the Kubernetes objects or tokens that are shown.
    Any,
    /// No other than these.
    Of(&'static [&'static str]),
}

/// Which quantifiers a step may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifiers {
    /// `eventually`, `always`, `never`.
    All,
    /// It makes one round, or rounds until it is as demanded: `eventually`.
    OneRound,
    /// It looks until what it expects is there: `eventually`.
    UntilItHolds,
    /// It is done once, and is observed as often as it says itself.
    Once,
    /// It observes nothing.
    None,
}

/// What must run before the step when only named checks are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Nothing but the set-up.
    ByItself,
    /// The steps before it.
    AfterEarlierSteps,
}

/// What a step is for the steps around it.
#[derive(Clone, Copy, Debug)]
pub enum Role<'a> {
    /// One look answers it; where it is judged it expects something.
    Observes,
    /// Like `Observes`, but it may be there for its effect alone: then it expects nothing and is evidence for nothing.
    SumsUp,
    /// Like `SumsUp`, and looks on until a change before it is live.
    Renews,
    /// Its checks are the cells of a grid.
    Handshakes(&'a HandshakeGrid),
    /// Its checks are cases at targets, which are put to them until a change before is live.
    Cases(&'a CaseGrid),
    /// It changes something and brings no proof that the change is live.
    Changes,
    /// It changes something, and waits for the proof.
    Breaks(&'a Fault),
    /// It waits until its expectation is met. Running out is a step error, which is not judged.
    Waits,
    /// It starts or ends something that other steps observe.
    Steers,
}

impl Facts {
    pub(super) const NONE: Self = Self { words: Words::None, producer: None, is_absence: never };
    pub(super) const ANY: Self = Self { words: Words::Any, producer: None, is_absence: never };

    pub(super) const fn of(words: &'static [&'static str]) -> Self {
        Self { words: Words::Of(words), producer: None, is_absence: never }
    }

    /// With expectations that are met before anything has happened.
    pub(super) const fn absent_when(self, is_absence: fn(&Expectation) -> bool) -> Self {
        Self { is_absence, ..self }
    }

    pub(super) const fn of_producer(self, producer: &'static str) -> Self {
        Self { producer: Some(producer), ..self }
    }

    /// Whether an expectation is met before anything has happened.
    pub(in crate::scenario) fn is_absence(&self, demand: &Expectation) -> bool {
        (self.is_absence)(demand)
    }
}

fn never(_: &Expectation) -> bool {
    false
}

impl Quantifiers {
    /// Their words.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::All => &["eventually", "always", "never"],
            Self::OneRound | Self::UntilItHolds => &["eventually"],
            Self::Once | Self::None => &[],
        }
    }
}

impl Role<'_> {
    /// Whether its observation can be judged.
    pub fn observes(&self) -> bool {
        match self {
            Self::Observes | Self::SumsUp | Self::Renews | Self::Handshakes(_) | Self::Cases(_) => true,
            Self::Changes | Self::Breaks(_) | Self::Waits | Self::Steers => false,
        }
    }

    /// Whether a change before it is known to be live when it ends.
    pub(in crate::scenario) fn awaits_changes(&self) -> bool {
        match self {
            Self::Renews | Self::Cases(_) | Self::Breaks(_) | Self::Waits => true,
            Self::Observes | Self::SumsUp | Self::Handshakes(_) | Self::Changes | Self::Steers => false,
        }
    }
}
