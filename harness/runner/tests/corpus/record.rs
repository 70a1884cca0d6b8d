//! Observed facts as the record of a run, so that the judge decides the verdicts and not the test.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mtls_core::{
    catalogue,
    evidence::event::{Ending, Entry, Event, RunStatus, Sample},
    scenario::{self, Offered, effects::Permissions, plan},
    verdict::{Judgement, judge},
};
use serde_json::Value;

use super::scenarios;

/// A record of one scenario of this repository.
pub(crate) struct Record {
    scenario: String,
    entries: Vec<Entry>,
}

impl Record {
    pub(crate) fn of(id: &str) -> Self {
        let root = scenarios();
        let scenario = scenario::load(&root.join(id).with_extension("yaml"), &root)
            .unwrap_or_else(|error| panic!("{}", error.render()));
        let catalogue = catalogue::load(&root.join("requirements.yaml")).unwrap();
        let offered = Offered {
            world: "loopback".to_owned(),
            features: scenario.needs.features.clone(),
            permissions: Permissions::Everything,
        };
        let plan = plan(&[scenario], &catalogue, &offered, &BTreeSet::new());
        let mut record = Self { scenario: id.to_owned(), entries: Vec::new() };
        record.add(Event::Planned { plan });
        record.add(Event::ScenarioStarted { scenario: id.to_owned() });
        record
    }

    pub(crate) fn observe(&mut self, check: &str, samples: Vec<Value>) {
        for facts in samples {
            let sample =
                Sample { at: Timestamp::now(), facts, source: "direct".to_owned(), evidence: vec![], problem: None };
            self.add(Event::Observed { scenario: self.scenario.clone(), check: check.to_owned(), sample });
        }
    }

    pub(crate) fn judged(mut self) -> Judgement {
        let scenario = self.scenario.clone();
        self.add(Event::StepEnded {
            scenario: scenario.clone(),
            step: "run".to_owned(),
            ending: Ending::Done,
            took_ms: 1,
        });
        self.add(Event::ScenarioEnded { scenario, ending: Ending::Done, took_ms: 1 });
        self.add(Event::RunEnded { status: RunStatus::Complete });
        judge(&self.entries)
    }

    fn add(&mut self, event: Event) {
        let seq = u64::try_from(self.entries.len()).unwrap();
        self.entries.push(Entry { seq, at: Timestamp::now(), event });
    }
}
