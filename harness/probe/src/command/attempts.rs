//! `mtls-probe attempts`: one job line in, one line per attempt out.

use anyhow::Context;
use mtls_probe::attempts::{check, run_attempts};
use mtls_probe::job::read_job;
use mtls_protocol::attempts::AttemptsJob;
use tokio::io::BufReader;
use tokio::sync::mpsc;

use super::Problem;
use super::output::{Reader, print_line};

pub(crate) async fn attempts() -> Result<(), Problem> {
    let job: AttemptsJob =
        read_job(BufReader::new(tokio::io::stdin())).await.map_err(|error| Problem::Usage(error.to_string()))?;
    check(&job).map_err(|problem| Problem::Usage(format!("standard input: {problem}")))?;
    let (sender, mut results) = mpsc::channel(64);
    let running = tokio::spawn(run_attempts(job, sender));
    while let Some(result) = results.recv().await {
        if print_line(&result)? == Reader::Gone {
            running.abort();
            return Ok(());
        }
    }
    running.await.context("the runner panicked")?.context("an attempt panicked")?;
    Ok(())
}
