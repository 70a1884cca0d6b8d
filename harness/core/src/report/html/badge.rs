//! A verdict as the HTML report shows it.

use serde::Serialize;

use crate::verdict::Verdict;

/// A verdict as symbol and word, with a class for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Badge {
    pub symbol: char,
    /// The CSS class of its colour.
    pub word: &'static str,
    /// The text that is shown.
    #[serde(skip)]
    pub text: &'static str,
}

impl From<Verdict> for Badge {
    fn from(verdict: Verdict) -> Self {
        Self { symbol: verdict.symbol(), word: verdict.word(), text: verdict.word() }
    }
}
