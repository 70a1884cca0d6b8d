//! `mtls-probe fake-agent`: a Workload API for tests, until standard input ends.

use anyhow::Context;
use mtls_probe::agent::{Agent, check};
use mtls_probe::job::read_job;
use mtls_protocol::agent::{AgentJob, Listening};
use tokio::io::BufReader;
use tokio::sync::mpsc;

use super::Problem;
use super::output::{Reader, print_line};
use super::serve::input_ended;

pub(crate) async fn fake_agent() -> Result<(), Problem> {
    let mut input = BufReader::new(tokio::io::stdin());
    let job: AgentJob = read_job(&mut input).await.map_err(|error| Problem::Usage(error.to_string()))?;
    check(&job).map_err(|problem| Problem::Usage(format!("standard input: {problem}")))?;
    let socket = job.socket.clone();
    let agent = Agent::bind(job)
        .map_err(|error| Problem::Usage(format!("standard input: socket: {}: {error}", socket.display())))?;
    print_line(&Listening { listening: socket })?;

    let (sender, mut lines) = mpsc::channel(1_024);
    let running = tokio::spawn(agent.run(input_ended(input), sender));
    while let Some(line) = lines.recv().await {
        if print_line(&line)? == Reader::Gone {
            running.abort();
            return Ok(());
        }
    }
    running.await.context("the agent panicked")?;
    Ok(())
}
