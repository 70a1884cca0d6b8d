//! `cases`: a file of certificates put to every target, group by group between two rounds of controls.
//!
//! What is asked and what answers say is [`crate::corpus`]'s business; here jobs are carried and facts recorded.

mod clients;
mod servers;

use jiff::Timestamp;
use serde_json::Value;

use super::identity;
use crate::{
    corpus::Corpus,
    pki::{
        IssuingCa,
        forge::{Side, flaw},
    },
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    scenario::{
        case_id,
        cases::{Case, TargetKind},
        model::{Cases, Step, Target},
    },
};

/// Attempts at once: enough to hide that whoever gets in is read from for half a second first, and bearable for two cores.
pub(super) const PARALLEL: usize = 24;

/// Puts every case to every target that this world has, and records each attempt under the case's own check.
pub(crate) async fn run(context: &Context<'_>, step: &Step, cases: &Cases) {
    let authority = identity::issuing_ca(context).await;
    let targets = cases.targets.iter().map(async |(kind, target)| {
        if !target.needs.iter().all(|feature| context.world.features.contains(feature)) {
            // The plan says why its checks are not applicable.
            return;
        }
        let column = Column { context, step, kind: *kind, target };
        let done = match &authority {
            Ok(authority) => column.put(cases, authority).await,
            Err(trouble) => Err(StepError(trouble.0.clone())),
        };
        if let Err(trouble) = done {
            for case in column.cases(cases) {
                context.observation_failed(column.check(case), &trouble);
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
    async fn put(&self, cases: &Cases, authority: &IssuingCa) -> Result<(), StepError> {
        let now = Timestamp::now().as_second();
        let corpus = Corpus::make(&cases.of, authority, &cases.identity, now).map_err(|error| StepError::of(&error))?;
        let from = self.context.member(&cases.from)?;
        match cases.of.presented_by {
            Side::Client => clients::put(self, cases, &corpus, from).await,
            Side::Server => servers::put(self, cases, &corpus, from).await,
        }
    }

    /// The cases that this target owes an answer for, in the order of the file.
    fn cases<'c>(&self, cases: &'c Cases) -> Vec<&'c Case> {
        let owed = |case: &&Case| {
            case.expect.contains_key(&self.kind) && flaw(&case.flaw).is_some_and(|flaw| flaw.lacking().is_none())
        };
        cases.of.cases.iter().filter(owed).collect()
    }

    fn check(&self, case: &Case) -> String {
        case_id(&self.context.scenario.id, &self.step.id, &case.id, self.kind)
    }

    /// Records what every attempt of a case saw; silence is our trouble.
    fn record(&self, case: &Case, samples: Vec<Result<Value, String>>, evidence: &[String]) {
        if samples.is_empty() {
            let trouble = StepError(format!("the client did not report the case `{}`", case.id));
            self.context.observation_failed(self.check(case), &trouble);
        }
        for sample in samples {
            match sample {
                Ok(facts) => {
                    let look = Observation { facts, source: "direct", evidence: evidence.to_vec() };
                    self.context.observed(self.check(case), look);
                }
                Err(problem) => self.context.observation_failed(self.check(case), &StepError(problem)),
            }
        }
    }

    /// Result lines as one file; chains that everybody can make again are left out.
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
