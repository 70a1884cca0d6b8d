//! The events of `events.jsonl`, one per line. Verdicts and reports are computed from them alone.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{plan::Plan, waiver::Waiver};

/// An event with its place in the log. `seq` starts at 0 and has no gaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub event: Event,
}

/// An event of a run. Written when it happens, never edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A change to the world, recorded before it is made, and how it will be undone.
    ChangeAnnounced {
        change: String,
        scenario: String,
        step: String,
        undo: String,
    },
    /// The changes are undone, and their effects are no longer observed.
    ChangesUndone {
        changes: Vec<String>,
    },
    /// Facts about what was examined: component versions, image names with digests and origin, nodes, host.
    Environment {
        facts: BTreeMap<String, Value>,
    },
    /// A file of evidence that was not stored because it held a private key or a token. Older versions did not record
    /// this.
    EvidenceWithheld {
        scenario: String,
        media_type: String,
        bytes: u64,
    },
    /// An object, process or file of the harness that was still there after clean-up.
    Leftover {
        what: String,
    },
    /// A labelled instant or span for timelines: a renewal, the first use of a serial, a fault, an alert.
    Marked {
        scenario: String,
        track: String,
        label: String,
        from: Timestamp,
        until: Option<Timestamp>,
        facts: BTreeMap<String, Value>,
    },
    /// One sample of one check.
    Observed {
        scenario: String,
        check: String,
        sample: Sample,
    },
    /// A phase of bringing the world up or down: images, node, stack.
    PhaseEnded {
        phase: String,
        result: Ending,
        took_ms: u64,
    },
    /// The plan: every check that the run must account for.
    Planned {
        plan: Plan,
    },
    RunEnded {
        status: RunStatus,
    },
    RunStarted {
        run: String,
        harness: String,
        world: String,
        world_detail: String,
        arguments: Vec<String>,
    },
    /// The reference client runs with these deliberate faults: nothing that follows is about a healthy client.
    Sabotaged {
        client_faults: Vec<String>,
    },
    ScenarioEnded {
        scenario: String,
        ending: Ending,
        took_ms: u64,
    },
    ScenarioStarted {
        scenario: String,
    },
    StepEnded {
        scenario: String,
        step: String,
        ending: Ending,
        took_ms: u64,
    },
    /// The known failures that this run is judged with, and the file that they are from.
    WaiversRead {
        file: String,
        /// SHA-256 of the file, in hex.
        digest: String,
        waivers: Vec<Waiver>,
    },
}

/// One observation: facts, where they came from, and the files that prove them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub at: Timestamp,
    pub facts: Value,
    /// `direct`, `server-echo`, `proxy-log`, `wire`, `kubernetes`, `prometheus`, `workload-api`.
    pub source: String,
    /// SHA-256 of files under `evidence/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Set when the observation failed: then the facts say nothing and the check is `broken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// How a step, a scenario or a phase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Ending {
    /// A harness error: set-up failed, a wait timed out, the API server was lost. Never a pass or a fail.
    Broken {
        reason: String,
    },
    Done,
    Interrupted,
    /// The world lacks what the scenario needs.
    NotApplicable {
        reason: String,
    },
    /// The scenario's time budget ran out.
    OverBudget {
        reason: String,
    },
}

impl Ending {
    /// Why a step, scenario or phase did not end as planned; `None` when it is done or not applicable.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Broken { reason } => Some(reason.clone()),
            Self::Done | Self::NotApplicable { .. } => None,
            Self::Interrupted | Self::OverBudget { .. } => Some(self.to_string()),
        }
    }
}

/// As the terminal and the reports spell it.
impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { reason } => write!(formatter, "broken: {reason}"),
            Self::Done => formatter.write_str("done"),
            Self::Interrupted => formatter.write_str("interrupted"),
            Self::NotApplicable { reason } => write!(formatter, "not applicable: {reason}"),
            Self::OverBudget { reason } => write!(formatter, "over budget: {reason}"),
        }
    }
}

/// How the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    Broken,
    Complete,
    Interrupted,
}
