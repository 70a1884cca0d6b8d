//! All flaws, by group. A flaw is a name and a single change to a valid recipe.

mod crypto;
mod encoding;
mod identity;
mod names;
mod path;
mod time;
mod trust;
mod usage;

use super::{legacy::Legacy, recipe::Recipe};

/// A flaw; `none` changes nothing.
#[derive(Debug)]
pub struct Flaw {
    pub word: &'static str,
    pub(super) making: Making,
}

#[derive(Debug)]
pub(super) enum Making {
    Legacy(Legacy),
    Recipe(fn(&mut Recipe)),
}

/// All flaws, in the order of their groups.
pub fn flaws() -> impl Iterator<Item = &'static Flaw> {
    GROUPS.iter().copied().flatten()
}

/// The flaw with this name.
pub fn flaw(word: &str) -> Option<&'static Flaw> {
    flaws().find(|flaw| flaw.word == word)
}

impl Flaw {
    /// Why this build cannot make or present it, if so.
    pub fn lacking(&self) -> Option<&'static str> {
        match self.making {
            Making::Legacy(what) => what.lacking(),
            Making::Recipe(_) => None,
        }
    }

    const fn new(word: &'static str, introduce: fn(&mut Recipe)) -> Self {
        Self { word, making: Making::Recipe(introduce) }
    }

    const fn legacy(word: &'static str, what: Legacy) -> Self {
        Self { word, making: Making::Legacy(what) }
    }
}

const GROUPS: &[&[Flaw]] = &[
    trust::FLAWS,
    time::FLAWS,
    usage::FLAWS,
    path::FLAWS,
    names::FLAWS,
    identity::FLAWS,
    crypto::FLAWS,
    encoding::FLAWS,
];
