//! Which effects a run may have: all, or none but those that the user allows one by one.
//!
//! Decides for a whole scenario. The client of a world that is only read refuses the requests as well (`kubernetes::access`), so
//! that an effect that is stated wrongly ends in an error and not in a change.

use std::collections::{BTreeMap, BTreeSet};

use super::{Credential, Effects, Process};
use crate::scenario::model::{Participant, Scenario, Step};

/// What the user may allow in a world that is only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowance {
    /// Certificates signed by the cluster's issuer.
    Issue,
    /// Programs in pods, with the identities of those pods, and requests to workloads.
    Probes,
}

impl Allowance {
    pub const ALL: [Self; 2] = [Self::Issue, Self::Probes];

    /// The option that allows it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Issue => "--allow-issue",
            Self::Probes => "--allow-probes",
        }
    }
}

/// What a run must be allowed before it has an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It is no more than reading.
    Nothing,
    Allowance(Allowance),
    /// A world that is only read never has it.
    Refused,
}

/// What a world lets scenarios do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// The world is the harness's own.
    Everything,
    /// Reading, and what the user allows beside it.
    Reading(BTreeSet<Allowance>),
}

impl Effects {
    /// Each effect as a predicate, with what a run that only reads must be allowed for it.
    pub fn needs(&self) -> impl Iterator<Item = (String, Need)> {
        let objects = self.objects.iter().map(|one| (one.to_string(), Need::Refused));
        let credentials = self.credentials.iter().map(|one| (one.to_string(), one.need()));
        let processes = self.processes.iter().map(|one| (one.to_string(), one.need()));
        objects.chain(credentials).chain(processes)
    }
}

impl Credential {
    fn need(&self) -> Need {
        match self {
            Self::Authority => Need::Refused,
            Self::Issued(_) => Need::Allowance(Allowance::Issue),
            Self::Fetched(_) | Self::Presented(_) => Need::Allowance(Allowance::Probes),
            Self::KeyRead(_) => Need::Nothing,
        }
    }
}

impl Process {
    fn need(&self) -> Need {
        match self {
            Self::Client(_) | Self::Query(_) | Self::Request(_) => Need::Allowance(Allowance::Probes),
            Self::Console | Self::Program(_) | Self::Restarted(_) => Need::Refused,
        }
    }
}

impl Permissions {
    /// Whether an effect that needs this may happen.
    pub fn cover(&self, need: Need) -> bool {
        match (self, need) {
            (Self::Everything, _) | (Self::Reading(_), Need::Nothing) => true,
            (Self::Reading(allowed), Need::Allowance(allowance)) => allowed.contains(&allowance),
            (Self::Reading(_), Need::Refused) => false,
        }
    }

    /// Why a scenario may not run in this world: the first effect that no option allows, else the first of each missing option.
    pub fn refusal(&self, scenario: &Scenario, world: &str) -> Option<String> {
        let Scenario { setup, steps, finally, participants, .. } = scenario;
        self.refusal_of([setup, steps, finally].into_iter().flatten(), participants, world)
    }

    fn refusal_of<'a>(
        &self,
        steps: impl Iterator<Item = &'a Step>,
        participants: &BTreeMap<String, Participant>,
        world: &str,
    ) -> Option<String> {
        let mut first: BTreeMap<Need, String> = BTreeMap::new();
        for step in steps {
            for (effect, need) in step.action.effects(participants).needs() {
                if !self.cover(need) {
                    let cause = || format!("step `{}` (`{}`) {effect}", step.id, step.action.verb());
                    first.entry(need).or_insert_with(cause);
                }
            }
        }
        if let Some(cause) = first.get(&Need::Refused) {
            return Some(format!("{cause}, which never happens in world {world}"));
        }
        let causes = Allowance::ALL.into_iter().filter_map(|allowance| {
            let cause = first.get(&Need::Allowance(allowance))?;
            Some(format!("{cause}, which needs {}", allowance.option()))
        });
        Some(causes.collect::<Vec<_>>().join("; ")).filter(|reason| !reason.is_empty())
    }
}
