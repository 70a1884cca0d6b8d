//! The judge: from a run's record to verdicts, and from verdicts to a decision and an exit code.
//!
//! Input: the entries of an event log. Output: a [`Judgement`] that accounts for every planned check.
//!
//! Pure: no clock, no network, no file. The same log always gives the same judgement, without the cluster.

mod check;
mod control;
mod cross_check;
mod decision;
mod exchange;
mod exit;
mod judge;
mod judgement;
mod ledger;
mod live;
mod missing_checks;
mod proof;
mod quantifier;
mod repeat;
mod resume;
mod sample;
mod scale;
mod scenario;
mod transcript;
mod unscripted;
mod waiving;

pub use check::{Account, CheckVerdict, Recorded};
pub use exit::Exit;
pub use judge::{judge, judge_record, judge_record_with};
pub use judgement::{ConformanceStatus, Decision, Judgement, RequirementVerdict, Unexamined, is_unproven};
pub use live::{Ended, Live};
pub use proof::{Power, Proof, SabotageVerdict, Trial};
pub use repeat::{Repeated, RepeatedCheck, deviations};
pub use resume::proven_before;
pub use sample::Comparison;
pub use scale::{Mark, Verdict, worst};
pub use scenario::ScenarioVerdict;
pub use transcript::{RunFacts, StepFacts};
pub use unscripted::UnscriptedVerdict;
pub use waiving::{WaiverState, WaiverVerdict};
