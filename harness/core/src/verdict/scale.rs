//! The eight verdicts and their order: the only place that knows which is worse.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on a check, a requirement, a scenario or a run. From best to worst: of several, the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The world lacks what the check needs; the reason says what.
    NotApplicable,
    /// The demand was observed to be met.
    Pass,
    /// A known failure that an owner accepts until a date.
    Waived,
    /// A hardening requirement was observed to be violated in exactly the way that the scenario records, with its
    /// reason. Neither conformance nor a new failure.
    Finding,
    /// Nothing, or too little, was observed.
    Vacuous,
    /// Something was observed, and it does not decide the question.
    Unknown,
    /// Harness error: set-up, probe or record failed.
    Broken,
    /// The demand was observed to be violated.
    Fail,
}

impl Verdict {
    pub const ALL: [Self; 8] = [
        Self::Fail,
        Self::Broken,
        Self::Unknown,
        Self::Vacuous,
        Self::Finding,
        Self::Waived,
        Self::Pass,
        Self::NotApplicable,
    ];

    /// The word used in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
            Self::Waived => "waived",
            Self::Finding => "finding",
            Self::Vacuous => "vacuous",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
            Self::Fail => "fail",
        }
    }

    /// One character, distinct without colour.
    #[must_use]
    pub const fn symbol(self) -> char {
        match self {
            Self::NotApplicable => '–',
            Self::Pass => '✓',
            Self::Waived => '~',
            Self::Finding => '△',
            Self::Vacuous => '∅',
            Self::Unknown => '?',
            Self::Broken => '!',
            Self::Fail => '✗',
        }
    }

    /// Whether no action is needed.
    #[must_use]
    pub const fn is_green(self) -> bool {
        matches!(self, Self::NotApplicable | Self::Pass | Self::Waived)
    }
}

/// The worst of several verdicts; [`Verdict::Vacuous`] for none.
#[must_use]
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().max().unwrap_or(Verdict::Vacuous)
}

/// A remark beside a verdict that does not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Samples that must agree did not.
    Flaky,
    /// No recorded sabotage turned the check red.
    Unproven,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_verdict() -> impl Strategy<Value = Verdict> {
        proptest::sample::select(Verdict::ALL.to_vec())
    }

    #[test]
    fn the_order_is_the_published_one() {
        assert!(Verdict::ALL.is_sorted_by(|worse, better| worse > better));
        assert_eq!(worst([]), Verdict::Vacuous);
    }

    #[test]
    fn the_word_is_what_serde_writes() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.word());
        }
    }

    #[test]
    fn every_symbol_is_different() {
        let symbols: std::collections::BTreeSet<char> = Verdict::ALL.map(Verdict::symbol).into();
        assert_eq!(symbols.len(), Verdict::ALL.len());
    }

    proptest! {
        #[test]
        fn worst_wins_in_any_grouping_and_order(a in any_verdict(), b in any_verdict(), c in any_verdict()) {
            prop_assert_eq!(worst([worst([a, b]), c]), worst([a, worst([b, c])]));
            prop_assert_eq!(worst([a, b]), worst([b, a]));
            prop_assert_eq!(worst([a, a]), a);
            prop_assert!(worst([a, b]) >= a);
        }
    }
}
