//! Exit codes: the only place that knows the numbers. `decision` maps a judgement to one of them.

/// The exit codes of all commands. The numbers are a contract with pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Conformant = 0,
    ProductFailed = 1,
    /// Bad arguments or a scenario that does not pass the linter; no judgement leads here.
    Usage = 2,
    Broken = 3,
    NothingProven = 4,
    OverBudget = 5,
    Interrupted = 130,
}

impl Exit {
    /// Every way to end. Of several runs, the first of these that occurs decides.
    pub const WORST_FIRST: [Self; 7] = [
        Self::Interrupted,
        Self::ProductFailed,
        Self::OverBudget,
        Self::Broken,
        Self::Usage,
        Self::NothingProven,
        Self::Conformant,
    ];

    /// The number of the exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The meaning of a child command's exit code; an unknown code, or an end by a signal (`None`), is
    /// [`Exit::Broken`].
    #[must_use]
    pub fn from_code(code: Option<i32>) -> Self {
        Self::WORST_FIRST.into_iter().find(|exit| code == Some(exit.code().into())).unwrap_or(Self::Broken)
    }

    /// The meaning in words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::ProductFailed => "product failed",
            Self::Usage => "usage or lint",
            Self::Broken => "environment or harness broken",
            Self::NothingProven => "nothing proven",
            Self::OverBudget => "time budget exceeded",
            Self::Interrupted => "interrupted",
        }
    }

    /// The worst exit code of several runs of the same plan.
    #[must_use]
    pub fn of_runs(exits: impl IntoIterator<Item = Self>) -> Self {
        let rank = |exit: &Self| Self::WORST_FIRST.iter().position(|one| one == exit);
        exits.into_iter().min_by_key(rank).unwrap_or(Self::NothingProven)
    }
}
