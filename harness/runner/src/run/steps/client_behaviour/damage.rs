//! Unusable certificate files under a running stream of requests.

use std::time::Duration;

use mtls_engine::wait::{Check, until};
use serde_json::{Value, json};

use super::{
    fixture::{Bench, client_id, sign},
    rotation::{CASE, connected, finish, stream, strict},
};
use crate::run::error::StepError;

/// Connections under each damaged generation, and the limit for them: a client that gave up makes none.
const UNDER_EACH: usize = 3;
const EACH: Duration = Duration::from_secs(2);

/// Garbage, half a certificate, the key of another certificate.
pub(super) async fn damaged_files(bench: &Bench<'_>) -> Result<Value, StepError> {
    let server = bench.serve(&[strict(bench, &bench.sound_server()?)]).await?;
    let (good, other) = (sign(&bench.authority, &client_id(), &[])?, sign(&bench.authority, &client_id(), &[])?);
    let roots = bench.authority.root_pem();
    let client = bench.mount("client", &good, &roots)?;
    let running = stream(bench, &server, &client.variables()).await?;
    connected(&server, UNDER_EACH).await?;
    let half = &good.chain[..good.chain.len() / 4];
    let damaged =
        [("garbage", "garbage", "garbage"), (half, good.key(), roots.as_str()), (&good.chain, other.key(), &roots)];
    for (chain, key, roots) in damaged {
        client.swap_text(chain, key, roots)?;
        let count = server.connections(CASE).len() + UNDER_EACH;
        let waited = until("connections", EACH, Duration::from_millis(20), async || {
            if server.connections(CASE).len() < count { Check::NotYet("few".to_owned()) } else { Check::Ready(()) }
        });
        // A client without a certificate makes no connection; its failed requests are facts.
        let _ = waited.await;
    }
    finish(bench, running, server, json!({"swaps": damaged.len()})).await
}
