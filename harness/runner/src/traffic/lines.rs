//! Both logs as typed lines. A line that cannot be parsed is counted and otherwise ignored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

/// The log of the reference client.
#[derive(Clone, Debug, Default)]
pub struct ClientLog {
    pub(super) requests: Vec<Request>,
    pub(super) summary: Option<Summary>,
    pub(super) unreadable: usize,
}

/// The log of the reference workload.
#[derive(Clone, Debug, Default)]
pub struct ServerLog {
    /// Lines per run of the program: its numbers begin anew at each start.
    pub(super) runs: Vec<Vec<Served>>,
    pub(super) unreadable: usize,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Request {
    pub(super) n: u64,
    #[serde(rename = "request_id")]
    pub(super) id: String,
    pub(super) scheduled: Timestamp,
    pub(super) started_ms_late: f64,
    pub(super) ended: Ended,
    pub(super) error: Option<String>,
    pub(super) http_status: Option<u16>,
    pub(super) server_serial: Option<String>,
    pub(super) server_not_after: Option<Timestamp>,
    pub(super) own_serial: Option<String>,
    pub(super) own_not_after: Option<Timestamp>,
    pub(super) connection: Option<Connection>,
    pub(super) ms: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ended {
    Failed,
    Lost,
    Ok,
    Shed,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Connection {
    pub(super) id: u64,
    pub(super) opened: Timestamp,
    pub(super) age_ms: f64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) scheduled: u64,
}

/// One request that the server logged.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Served {
    pub(super) n: u64,
    pub(super) time: Timestamp,
    pub(super) request_id: Option<String>,
    pub(super) peer_serial: Option<String>,
    pub(super) own_serial: Option<String>,
    #[serde(default)]
    pub(super) listener: String,
}

impl ClientLog {
    /// Parses the log, one JSON object per line.
    pub fn read(text: &str) -> Self {
        #[derive(Deserialize)]
        struct Last {
            summary: Summary,
        }
        let mut log = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str::<Request>(line) {
                Ok(request) => log.requests.push(request),
                Err(_) => match serde_json::from_str::<Last>(line) {
                    Ok(last) => log.summary = Some(last.summary),
                    Err(_) => log.unreadable += 1,
                },
            }
        }
        log
    }

    /// Whether the client has written its summary, its last line.
    pub fn is_whole(&self) -> bool {
        self.summary.is_some()
    }

    /// The end of the last request in the log.
    pub fn told_until(&self) -> Option<Timestamp> {
        self.requests.iter().filter_map(Request::over).max()
    }
}

impl Request {
    pub(super) fn started(&self) -> Option<Timestamp> {
        later(self.scheduled, self.started_ms_late)
    }

    pub(super) fn over(&self) -> Option<Timestamp> {
        later(self.started()?, self.ms)
    }

    pub(super) fn was_sent(&self) -> bool {
        self.ended != Ended::Shed
    }

    /// Whether the request was lost or failed.
    pub(super) fn went_wrong(&self) -> bool {
        matches!(self.ended, Ended::Failed | Ended::Lost)
    }
}

impl ServerLog {
    /// Parses the log, one JSON object per line.
    pub fn read(text: &str) -> Self {
        #[derive(Deserialize)]
        struct Any {
            event: String,
        }
        let mut log = Self { runs: vec![Vec::new()], unreadable: 0 };
        for line in text.lines().filter(|line| line.starts_with('{')) {
            match serde_json::from_str::<Any>(line).map(|any| any.event) {
                Ok(event) if event == "listening" => log.runs.push(Vec::new()),
                Ok(event) if event == "request" => match serde_json::from_str::<Served>(line) {
                    Ok(served) => log.runs.last_mut().into_iter().for_each(|run| run.push(served.clone())),
                    Err(_) => log.unreadable += 1,
                },
                Ok(_) => {}
                Err(_) => log.unreadable += 1,
            }
        }
        log.runs.retain(|run| !run.is_empty());
        log
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Served> {
        self.runs.iter().flatten()
    }

    /// Lines by the id of their request, for the ids with this prefix.
    pub(super) fn by_id(&self, prefix: &str) -> BTreeMap<&str, Vec<&Served>> {
        let mut found: BTreeMap<&str, Vec<&Served>> = BTreeMap::new();
        for served in self.all() {
            if let Some(id) = served.request_id.as_deref().filter(|id| id.starts_with(prefix)) {
                found.entry(id).or_default().push(served);
            }
        }
        found
    }
}

fn later(at: Timestamp, ms: f64) -> Option<Timestamp> {
    at.checked_add(jiff::SignedDuration::try_from_secs_f64(ms / 1_000.0).ok()?).ok()
}
