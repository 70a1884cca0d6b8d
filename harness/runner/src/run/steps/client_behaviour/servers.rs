//! Servers that the client must refuse, and a healthy one that it must accept.

use std::collections::BTreeSet;

use mtls_protocol::serve::{Case, Mode};
use serde_json::{Value, json};
use time::Duration as Lifetime;

use super::{
    fixture::{Bench, NAME, Server, authority, case, id, server_id, sign, sign_from},
    seen::{met, told},
};
use crate::{run::error::StepError, world::sandbox::Variables};

/// Servers with one flaw each: dates, issuer, name, no TLS, no request for a client certificate.
pub(super) async fn bad(bench: &Bench<'_>) -> Result<Value, StepError> {
    let (ours, stranger) = (&bench.authority, authority("stranger")?);
    let dated = |start| sign_from(ours, &server_id(), &[NAME], start);
    let mut not_mutual = case("not-mutual", &bench.sound_server()?);
    not_mutual.request_certificate = false;
    let cases = [
        case("sound", &bench.sound_server()?),
        case("expired", &dated(-Lifetime::hours(2))?),
        case("not-yet-valid", &dated(Lifetime::hours(1))?),
        case("unknown-ca", &sign(&stranger, &server_id(), &[NAME])?),
        case("wrong-name", &sign(ours, &server_id(), &["elsewhere.example"])?),
        Case::bare("plaintext", Mode::Plaintext),
        not_mutual,
    ];
    let server = bench.serve(&cases).await?;
    let calls: Vec<Call<'_>> = cases.iter().map(|case| Call { id: &case.id, expect: None }).collect();
    let mut facts = call_all(bench, server, &calls, &bench.mount_client()?.variables()).await?;
    // The client's reasons for its refusals.
    let refused = calls.iter().map(|call| &facts[call.id]).filter(|facts| facts["client"]["ended"] != "answered");
    let reason = |facts: &Value| facts["client"]["reason"].as_str().map(str::to_owned);
    facts["reasons"] = json!(refused.filter_map(reason).collect::<BTreeSet<_>>());
    Ok(facts)
}

/// Valid chains of the client's own CA for other SPIFFE IDs than the expected one.
pub(super) async fn allow_list(bench: &Bench<'_>) -> Result<Value, StepError> {
    let signed = |spiffe: &str| sign(&bench.authority, spiffe, &[]);
    let cases = [
        case("expected", &signed(&server_id())?),
        case("other-workload", &signed(&id("other"))?),
        case("other-domain", &signed(&server_id().replace("x0tta6bl4.mesh", "elsewhere.example"))?),
        case("unnamed", &signed(&server_id())?),
    ];
    let server = bench.serve(&cases).await?;
    let expect = server_id();
    let call = |id| Call { id, expect: Some(expect.as_str()) };
    // Without an expected SPIFFE ID the host name of the URL must match; a valid SPIFFE ID alone is not enough.
    let calls = [call("expected"), call("other-workload"), call("other-domain"), Call { id: "unnamed", expect: None }];
    call_all(bench, server, &calls, &bench.mount_client()?.variables()).await
}

/// A bundle with two roots, and servers under three.
pub(super) async fn two_roots(bench: &Bench<'_>) -> Result<Value, StepError> {
    let (second, third) = (authority("second")?, authority("third")?);
    let cases = [
        case("first", &bench.sound_server()?),
        case("second", &sign(&second, &server_id(), &[NAME])?),
        case("third", &sign(&third, &server_id(), &[NAME])?),
    ];
    let server = bench.serve(&cases).await?;
    let bundle = format!("{}{}", bench.authority.root_pem(), second.root_pem());
    let client = bench.mount("client", &sign(&bench.authority, &super::fixture::client_id(), &[])?, &bundle)?;
    let calls = ["first", "second", "third"].map(|id| Call { id, expect: None });
    call_all(bench, server, &calls, &client.variables()).await
}

/// One call of the program to one case.
struct Call<'a> {
    id: &'a str,
    expect: Option<&'a str>,
}

/// Runs all calls concurrently and returns the facts of the client and the server by case.
async fn call_all(
    bench: &Bench<'_>,
    server: Server,
    calls: &[Call<'_>],
    variables: &Variables,
) -> Result<Value, StepError> {
    let asked = calls.iter().map(async |call| {
        let url = server.url(call.id);
        let mut arguments = vec!["get", url.as_str()];
        arguments.extend(call.expect.iter().flat_map(|expected| ["--expect-id", expected]));
        bench.ask(&arguments, variables).await
    });
    let answers = futures::future::try_join_all(asked).await?;
    let lines = bench.close(server).await?;
    let facts = calls
        .iter()
        .zip(&answers)
        .map(|(call, ran)| (call.id.to_owned(), json!({"client": told(bench, ran), "server": met(&lines, call.id)})));
    Ok(Value::Object(facts.collect()))
}
