//! The source of the client's identity: which variable names which file, and which source has precedence.

use std::path::Path;

use mtls_protocol::{
    agent::CallAnswer,
    serve::{Case, Mode},
};
use serde_json::{Value, json};

use super::{
    fixture::{Bench, PATIENCE, case, client_id, id, sign},
    seen::{met, told},
};
use crate::{
    run::error::StepError,
    stack::workload::FILE_VARIABLES,
    world::sandbox::{ProcessOutput, Variables},
};

/// Each variable with a wrong path in turn, one variable alone, and a damaged key whose content must not be printed.
pub(super) async fn environment(bench: &Bench<'_>) -> Result<Value, StepError> {
    no_defaults()?;
    let server = bench.serve(&[case("sound", &bench.sound_server()?)]).await?;
    let url = server.url("sound");
    let client = bench.mount_client()?;
    let whole = client.variables();
    let with_wrong_path = |variable: &str, file: &str| -> Variables {
        let missing = bench.path("elsewhere").join(file).display().to_string();
        let with = |(name, path): &(&'static str, String)| {
            (*name, if *name == variable { missing.clone() } else { path.clone() })
        };
        whole.iter().map(with).collect()
    };
    let [certificate, key, roots] = FILE_VARIABLES.map(|(variable, file)| with_wrong_path(variable, file));
    let alone: Variables = whole.iter().take(1).cloned().collect();
    let material = sign(&bench.authority, &client_id(), &[])?;
    let damaged = bench.mount("damaged", &material, &bench.authority.root_pem())?;
    damaged.swap_text(&material.chain, &format!("-----BEGIN PRIVATE KEY-----\n{MARK}"), &bench.authority.root_pem())?;
    let damaged = damaged.variables();
    let get = ["get", url.as_str()];
    let asked = [&whole, &certificate, &key, &roots, &alone, &damaged].map(|variables| bench.ask(&get, variables));
    let ran = futures::future::try_join_all(asked).await?;
    bench.close(server).await?;
    let mut facts: serde_json::Map<String, Value> = ["whole", "certificate", "key", "roots", "alone", "damaged"]
        .map(str::to_owned)
        .into_iter()
        .zip(ran.iter().map(|ran| told(bench, ran)))
        .collect();
    let shown = |ran: &ProcessOutput| ran.stdout.matches(MARK).count() + ran.stderr.matches(MARK).count();
    facts["damaged"]["content-shown"] = json!(ran.last().map_or(0, shown));
    Ok(Value::Object(facts))
}

/// Files, socket, both, one file and a socket, neither; missing files and a usable socket; a server without TLS.
pub(super) async fn sources(bench: &Bench<'_>) -> Result<Value, StepError> {
    no_defaults()?;
    let server =
        bench.serve(&[case("sound", &bench.sound_server()?), Case::bare("plaintext", Mode::Plaintext)]).await?;
    let given = sign(&bench.authority, &id("agent-client"), &[])?;
    let (asked, spare) = tokio::try_join!(
        bench.agent("asked.sock", &[CallAnswer::Svid], &given),
        bench.agent("spare.sock", &[CallAnswer::Svid], &given)
    )?;
    let files = bench.mount_client()?.variables();
    let missing = |(name, path): &(&'static str, String)| (*name, format!("{path}.gone"));
    let with_spare = |files: Variables| files.into_iter().chain(spare.variables()).collect::<Variables>();
    let half = with_spare(files.iter().take(1).cloned().collect());
    let fail = with_spare(files.iter().map(missing).collect());
    let (sound, plaintext) = (server.url("sound"), server.url("plaintext"));
    let (get, get_plain) = (["get", sound.as_str()], ["get", plaintext.as_str()]);
    let cases: [(&str, &[&str; 2], Variables); 7] = [
        ("files", &get, files.clone()),
        ("socket", &get, asked.variables()),
        ("both", &get, with_spare(files.clone())),
        ("half", &get, half),
        ("neither", &get, Vec::new()),
        ("files-fail", &get, fail),
        ("no-tls", &get_plain, files),
    ];
    let calls =
        cases.iter().map(async |(_, arguments, variables)| bench.run(*arguments, variables, "", PATIENCE).await);
    let ran = futures::future::try_join_all(calls).await?;
    let mut facts: serde_json::Map<String, Value> =
        cases.iter().zip(&ran).map(|((name, ..), ran)| ((*name).to_owned(), told(bench, ran))).collect();
    facts["socket"]["agent-calls"] = json!(bench.dismiss(asked).await?.len());
    // One agent is available in three cases that must not use it.
    let spare = json!(bench.dismiss(spare).await?.len());
    for name in ["both", "half", "files-fail"] {
        facts[name]["agent-calls"] = spare.clone();
    }
    let lines = bench.close(server).await?;
    // Only files, socket and both reach the server.
    facts["neither"]["server"] = met(&lines, "sound");
    facts["no-tls"]["server"] = met(&lines, "plaintext");
    Ok(Value::Object(facts))
}

/// Refuses a machine with the client's default files: the client would use them in cases without a source.
fn no_defaults() -> Result<(), StepError> {
    if Path::new(DEFAULTS).exists() {
        return Err(StepError(format!(
            "this machine has {DEFAULTS}, the default of the client; remove it for this case"
        )));
    }
    Ok(())
}

/// The client's certificate directory when no variable is set.
pub(super) const DEFAULTS: &str = "/etc/certs";
/// The content of the damaged key file.
const MARK: &str = "content-that-nobody-should-see";
