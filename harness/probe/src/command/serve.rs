//! `mtls-probe serve`: the hostile server, until standard input ends.

use anyhow::Context;
use mtls_probe::job::read_job;
use mtls_probe::serve::Serving;
use mtls_protocol::serve::{Listening, ServeJob};
use tokio::io::{AsyncRead, BufReader};
use tokio::sync::mpsc;

use super::output::{Reader, print_line};
use super::{Problem, stop_signal};

pub(crate) async fn serve() -> Result<(), Problem> {
    let mut input = BufReader::new(tokio::io::stdin());
    let job: ServeJob = read_job(&mut input).await.map_err(|error| Problem::Usage(error.to_string()))?;
    let serving = Serving::bind(&job).await.map_err(|error| Problem::Usage(format!("standard input: {error}")))?;
    print_line(&Listening { listening: serving.ports().clone() })?;

    let (sender, mut lines) = mpsc::channel(1_024);
    let running = tokio::spawn(serving.run(input_ended(input), sender));
    while let Some(line) = lines.recv().await {
        if print_line(&line)? == Reader::Gone {
            running.abort();
            return Ok(());
        }
    }
    running.await.context("the server panicked")?.context("a connection panicked")?;
    Ok(())
}

/// Resolves when the input ends or a stop signal arrives.
pub(super) async fn input_ended(mut input: impl AsyncRead + Unpin) {
    let mut sink = tokio::io::sink();
    let ended = tokio::io::copy(&mut input, &mut sink);
    tokio::select! {
        _ = ended => {}
        // Without signal handlers it still ends with its input.
        Ok(()) = stop_signal() => {}
    }
}
