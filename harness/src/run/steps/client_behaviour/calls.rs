//! The seed's two ways to call: a client that is opened and closed, and a single call.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    fixture::{Bench, PATIENCE, Server, case},
    seen::{met, told},
};
use crate::{
    run::error::StepError,
    wait::{Check, until},
};

/// Longest until two calls are over and an orderly goodbye shows at the server.
const GOODBYE: Duration = Duration::from_secs(5);

/// Opened once, asked twice, closed; the program then waits, so that what ends the connection is the closing.
pub(super) async fn scoped(bench: &Bench<'_>) -> Result<Value, StepError> {
    let (server, variables) = (both(bench).await?, bench.mount_client()?.variables());
    let (mutual, not_mutual) = (server.url("mutual"), server.url("not-mutual"));
    let running = bench.start(&["scoped", &mutual, "--linger"], &variables, "").await?;
    let closed = until("the end of the client's connection", GOODBYE, Duration::from_millis(10), async || {
        if server.connections("mutual").is_empty() { Check::NotYet("open".to_owned()) } else { Check::Ready(()) }
    });
    let closed = closed.await.is_ok();
    let ran = bench.end(running, "scoped", PATIENCE).await?;
    let refused = bench.ask(&["scoped", &not_mutual], &variables).await?;
    let lines = bench.close(server).await?;
    let answered = ran.lines.iter().filter(|line| line["ended"] == "answered").count();
    Ok(json!({
        "mutual": {
            "client": told(bench, &ran), "answered": answered, "closed-before-exit": closed,
            "server": met(&lines, "mutual"),
        },
        "not-mutual": {"client": told(bench, &refused), "server": met(&lines, "not-mutual")},
    }))
}

/// One call, one process.
pub(super) async fn one_shot(bench: &Bench<'_>) -> Result<Value, StepError> {
    let (server, variables) = (both(bench).await?, bench.mount_client()?.variables());
    let (mutual, not_mutual) = (server.url("mutual"), server.url("not-mutual"));
    let first = ["get", mutual.as_str()];
    let second = ["get", not_mutual.as_str()];
    let (answered, refused) = tokio::try_join!(bench.ask(&first, &variables), bench.ask(&second, &variables))?;
    let lines = bench.close(server).await?;
    let facts = |ran, id| json!({"client": told(bench, ran), "server": met(&lines, id)});
    Ok(json!({"mutual": facts(&answered, "mutual"), "not-mutual": facts(&refused, "not-mutual")}))
}

/// A server that asks for a certificate, and its twin that does not.
async fn both(bench: &Bench<'_>) -> Result<Server, StepError> {
    let material = bench.sound_server()?;
    let mut silent = case("not-mutual", &material);
    silent["request_certificate"] = json!(false);
    bench.serve(&[case("mutual", &material), silent]).await
}
