//! A verdict as it is drawn.

use serde::Serialize;

use crate::verdict::Verdict;

/// A verdict as it is drawn: symbol and word, and a colour for those who see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Badge {
    pub symbol: char,
    /// The class of its colour.
    pub word: &'static str,
    /// What is written.
    #[serde(skip)]
    pub text: &'static str,
}

impl From<Verdict> for Badge {
    fn from(verdict: Verdict) -> Self {
        Self { symbol: verdict.symbol(), word: verdict.word(), text: verdict.word() }
    }
}
