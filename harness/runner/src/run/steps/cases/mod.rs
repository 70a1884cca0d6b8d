//! `cases`: presents every certificate of a case file to every target, between two rounds of positive controls.
//!
//! [`crate::corpus`] builds the jobs and interprets the results. This module runs the jobs and records the facts.

mod clients;
mod servers;

use jiff::Timestamp;
use mtls_core::scenario::{
    case_id,
    cases::{Case, TargetKind},
    model::{CaseGrid, Step, Target},
    verbs::cases::CasesSpec,
};
use mtls_pki::{
    IssuingCa,
    forge::{Side, flaw},
};
use serde_json::Value;

use super::{Execute, Unjudged, identity, observes_nothing};
use crate::{
    corpus::Corpus,
    run::{
        context::{Context, Observation},
        error::StepError,
    },
};

/// Number of concurrent attempts. Each accepted connection is read from for half a second; two cores can bear this
/// many.
pub(super) const PARALLEL: usize = 24;

impl Execute for CasesSpec {
    const UNJUDGED: Unjudged = Unjudged::Refused;

    async fn observe(&self, _: &Context<'_>, step: &Step) -> Result<Observation, StepError> {
        Err(observes_nothing(step))
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        run(context, step, &self.0).await;
        Ok(())
    }
}

/// Runs every case against every target that this world has, and records each attempt under the check of its case.
async fn run(context: &Context<'_>, step: &Step, cases: &CaseGrid) {
    let authority = identity::issuing_ca(context).await;
    let targets = cases.targets.iter().map(async |(kind, target)| {
        if !target.needs.iter().all(|feature| context.world.offered.features.contains(feature)) {
            // The plan records why its checks are not applicable.
            return;
        }
        let column = Column { context, step, kind: *kind, target };
        let done = match &authority {
            Ok(authority) => column.put(cases, authority).await,
            Err(error) => Err(StepError(error.0.clone())),
        };
        if let Err(error) = done {
            for case in column.cases(cases) {
                context.observation_failed(column.check(case), &error);
            }
        }
    });
    futures::future::join_all(targets).await;
}

/// One target of the step.
pub(super) struct Column<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) step: &'a Step,
    pub(super) kind: TargetKind,
    pub(super) target: &'a Target,
}

impl Column<'_> {
    async fn put(&self, cases: &CaseGrid, authority: &IssuingCa) -> Result<(), StepError> {
        let now = Timestamp::now().as_second();
        let corpus = Corpus::make(&cases.of, authority, &cases.identity, now).map_err(|error| StepError::of(&error))?;
        let from = self.context.member(&cases.from)?;
        match cases.of.presented_by {
            Side::Client => clients::put(self, cases, &corpus, from).await,
            Side::Server => servers::put(self, cases, &corpus, from).await,
        }
    }

    /// The cases with an expectation for this target whose flaw can be forged, in the order of the file.
    fn cases<'c>(&self, cases: &'c CaseGrid) -> Vec<&'c Case> {
        let is_expected = |case: &&Case| {
            case.expect.contains_key(&self.kind) && flaw(&case.flaw).is_some_and(|flaw| flaw.lacking().is_none())
        };
        cases.of.cases.iter().filter(is_expected).collect()
    }

    fn check(&self, case: &Case) -> String {
        case_id(&self.context.scenario.id, &self.step.id, &case.id, self.kind)
    }

    /// Records the facts of every attempt of a case. A case without any attempt is a harness error.
    fn record(&self, case: &Case, samples: Vec<Result<Value, String>>, evidence: &[String]) {
        if samples.is_empty() {
            let error = StepError(format!("the client did not report the case `{}`", case.id));
            self.context.observation_failed(self.check(case), &error);
        }
        for sample in samples {
            match sample {
                Ok(facts) => {
                    let observation = Observation { facts, source: "direct", evidence: evidence.to_vec() };
                    self.context.observed(self.check(case), observation);
                }
                Err(problem) => self.context.observation_failed(self.check(case), &StepError(problem)),
            }
        }
    }

    /// Stores the result lines as one file, without the certificate chains, which can be forged again.
    fn evidence(&self, results: &[Value]) -> Vec<String> {
        let public = |result: &Value| {
            let mut result = result.clone();
            if let Some(peer) = result["tls"]["peer"].as_object_mut() {
                peer.remove("chain");
            }
            result.to_string()
        };
        let lines: Vec<String> = results.iter().map(public).collect();
        self.context.store(lines.join("\n").as_bytes(), "application/x-ndjson")
    }
}
