//! The lines of a hostile server about its connections, read while clients connect: a full pipe would block the server.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use mtls_core::duration::spell_duration;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};

use crate::{corpus::case_of, run::error::StepError, world::ClientSession};

const START_LIMIT: Duration = Duration::from_secs(20);
/// Limit for the last lines of the server, which it writes when a connection has ended.
const LINES_LIMIT: Duration = Duration::from_secs(10);

/// The lines so far. Dropping it ends the server.
pub(super) struct Ledger {
    source: Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>,
    lines: Vec<Value>,
    _server: ClientSession,
}

impl Ledger {
    /// Waits for the first line of the server and returns the port of every case.
    pub(super) async fn open(mut server: ClientSession) -> Result<(BTreeMap<String, u16>, Self), StepError> {
        let stdout = std::mem::replace(&mut server.stdout, Box::new(tokio::io::empty()));
        let mut source = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(START_LIMIT, source.next_line())
            .await
            .map_err(|_| {
                StepError(format!("the hostile server did not report its ports within {}", spell_duration(START_LIMIT)))
            })?
            .map_err(|error| StepError::of(&error))?;
        let first = first.ok_or_else(|| StepError("the hostile server ended before it listened".to_owned()))?;
        let misread = |error: serde_json::Error| StepError(format!("the hostile server wrote `{first}`: {error}"));
        let line: Value = serde_json::from_str(&first).map_err(misread)?;
        let ports = serde_json::from_value(line["listening"].clone()).map_err(misread)?;
        Ok((ports, Self { source, lines: Vec::new(), _server: server }))
    }

    /// Reads lines until `work` is done.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Ok(Some(line)) = self.source.next_line() => self.lines.extend(serde_json::from_str::<Value>(&line)),
            }
        }
    }

    /// Reads until every connection of a client has its line, for at most [`LINES_LIMIT`]. [`crate::corpus`] reports
    /// missing lines when it joins both sides.
    pub(super) async fn until_complete(&mut self, results: &[Value]) {
        let key = |line: &Value, end: &str| {
            let id = line["id"].as_str().map(case_of).unwrap_or_default();
            Some((id.to_owned(), line[end].as_str()?.to_owned()))
        };
        let mut missing: BTreeSet<_> = results.iter().filter_map(|result| key(result, "local")).collect();
        for line in &self.lines {
            key(line, "remote").map(|found| missing.remove(&found));
        }
        let reading = async {
            while !missing.is_empty() {
                let Ok(Some(line)) = self.source.next_line().await else { break };
                let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
                key(&line, "remote").map(|found| missing.remove(&found));
                self.lines.push(line);
            }
        };
        let _ = tokio::time::timeout(LINES_LIMIT, reading).await;
    }

    pub(super) fn lines(&self) -> &[Value] {
        &self.lines
    }
}
