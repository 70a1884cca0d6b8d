//! Searches everything that the client prints, with usable files and with errors of many kinds, for its private key.

use mtls_pki::Exposure;
use mtls_protocol::{
    agent::CallAnswer,
    serve::{Case, Mode},
};
use serde_json::{Value, json};

use super::fixture::{Bench, case, client_id, id, sign, sign_from};
use crate::{
    run::error::StepError,
    world::sandbox::{ProcessOutput, Variables},
};

pub(super) async fn leaks(bench: &Bench<'_>) -> Result<Value, StepError> {
    let expired = sign_from(&bench.authority, &id("proxy-api"), &["localhost"], -time::Duration::hours(2))?;
    let cases =
        [case("sound", &bench.sound_server()?), case("expired", &expired), Case::bare("plaintext", Mode::Plaintext)];
    let server = bench.serve(&cases).await?;
    let material = sign(&bench.authority, &client_id(), &[])?;
    let roots = bench.authority.root_pem();
    let sound = bench.mount("sound", &material, &roots)?.variables();
    let agent = bench.agent("agent.sock", &[CallAnswer::Svid], &material).await?;
    // Half a key is still secret, and so is a key in the place of the roots or the chain.
    let half = &material.key()[..material.key().len() * 2 / 3];
    let mut damaged = Vec::new();
    for (name, chain, key, roots) in [
        ("half-key", material.chain.as_str(), half, roots.as_str()),
        ("key-as-chain", material.key(), material.key(), &roots),
        ("key-as-roots", &material.chain, material.key(), material.key()),
        ("damaged-chain", &material.chain[..material.chain.len() / 4], material.key(), &roots),
    ] {
        let mounted = bench.mount(name, &material, roots)?;
        mounted.swap_text(chain, key, roots)?;
        damaged.push(mounted.variables());
    }
    let urls = ["sound", "expired", "plaintext"].map(|id| server.url(id));
    let mut runs: Vec<(Vec<&str>, &Variables)> = urls.iter().map(|url| (vec!["get", url.as_str()], &sound)).collect();
    runs.push((vec!["scoped", &urls[0]], &sound));
    let socket = agent.variables();
    runs.push((vec!["svid", "x509"], &socket));
    runs.extend(damaged.iter().map(|variables| (vec!["get", urls[0].as_str()], variables)));
    let ran = runs.iter().map(async |(arguments, variables)| bench.ask(arguments, variables).await);
    let ran = futures::future::try_join_all(ran).await?;
    bench.dismiss(agent).await?;
    bench.close(server).await?;
    let exposure = Exposure::of(material.key()).map_err(|error| StepError::of(&error))?;
    let shown = |of: fn(&ProcessOutput) -> &str| -> usize { ran.iter().map(|ran| exposure.count(of(ran))).sum() };
    let failed = ran.iter().filter(|ran| ran.lines.iter().any(|line| !line["error"].is_null())).count();
    Ok(json!({
        "runs": ran.len(), "failed-runs": failed,
        "bytes": ran.iter().map(|ran| ran.stdout.len() + ran.stderr.len()).sum::<usize>(),
        "key": {"stdout": shown(|ran| &ran.stdout), "stderr": shown(|ran| &ran.stderr)},
    }))
}
