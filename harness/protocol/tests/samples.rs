//! Golden samples: each job and each answer reads and writes exactly as its file, so that a format changes on purpose.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs;
use std::path::Path;

use mtls_protocol::agent::{self, AgentJob, CallLine};
use mtls_protocol::attempts::AttemptsJob;
use mtls_protocol::client::{CallsJob, StreamJob};
use mtls_protocol::outcome::AttemptResult;
use mtls_protocol::serve::{self, ConnectionLine, ServeJob};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn is_golden<T: Serialize + DeserializeOwned>(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).unwrap();
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(serde_json::to_string_pretty(&read).unwrap(), text.trim_end(), "{file}");
}

fn refuses_unknown_keys<T: DeserializeOwned>(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut sample: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    sample["surprise"] = true.into();
    assert!(serde_json::from_value::<T>(sample).is_err(), "{file}");
}

#[test]
fn jobs_of_the_probe() {
    is_golden::<AttemptsJob>("samples/attempts.json");
    refuses_unknown_keys::<AttemptsJob>("samples/attempts.json");
    is_golden::<ServeJob>("samples/serve.json");
    refuses_unknown_keys::<ServeJob>("samples/serve.json");
    is_golden::<AgentJob>("samples/fake-agent.json");
    refuses_unknown_keys::<AgentJob>("samples/fake-agent.json");
}

#[test]
fn answers_of_the_probe() {
    for file in ["attempt-answered", "attempt-refused", "hello-answered"] {
        is_golden::<AttemptResult>(&format!("samples/{file}.json"));
    }
    is_golden::<serve::Listening>("samples/serve-listening.json");
    is_golden::<ConnectionLine>("samples/serve-connection.json");
    is_golden::<agent::Listening>("samples/fake-agent-listening.json");
    is_golden::<CallLine>("samples/fake-agent-call.json");
}

/// The samples belong to the client, whose tests read them too.
#[test]
fn jobs_of_the_examined_client() {
    is_golden::<CallsJob>("../../fixtures/client/samples/calls.json");
    refuses_unknown_keys::<CallsJob>("../../fixtures/client/samples/calls.json");
    is_golden::<StreamJob>("../../fixtures/client/samples/stream.json");
    refuses_unknown_keys::<StreamJob>("../../fixtures/client/samples/stream.json");
}
