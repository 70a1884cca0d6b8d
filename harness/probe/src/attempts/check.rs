//! Checks jobs before anything is opened.

use mtls_protocol::attempts::{Attempt, AttemptsJob, Protocol};

use crate::hello::Hello;

/// Checks whether a job is possible.
///
/// # Errors
/// A sentence that names the attempt and the field.
pub fn check(job: &AttemptsJob) -> Result<(), String> {
    job.attempts
        .iter()
        .try_for_each(|attempt| possible(attempt).map_err(|problem| format!("attempt `{}`: {problem}", attempt.id)))
}

fn possible(attempt: &Attempt) -> Result<(), String> {
    match (attempt.protocol, &attempt.hello) {
        (Protocol::Hello, None) => Err("protocol `hello` needs the field hello, at least {}".to_owned()),
        (Protocol::Hello, Some(_)) if !attempt.then.is_empty() => {
            Err("then: a hello has no follow-ups; write another attempt".to_owned())
        }
        (Protocol::Hello, Some(hello)) => Hello::of(hello).map(|_| ()).map_err(|problem| format!("hello.{problem}")),
        (Protocol::Http | Protocol::Tcp, Some(_)) => Err("hello: belongs to protocol `hello`".to_owned()),
        (Protocol::Http | Protocol::Tcp, None) => Ok(()),
    }
}
