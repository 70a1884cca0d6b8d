//! Requests that a run in an existing cluster sends to the API server. All shipped scenarios, sabotages and changes of
//! the library are planned; a fake server records the requests of those that run, and the tests compare them with the
//! allowed ones.
#![expect(clippy::unwrap_used, reason = "tests, helpers included, fail by panicking")]

#[path = "existing/api_server.rs"]
mod api_server;
#[path = "existing/run.rs"]
mod run;

use std::{collections::BTreeSet, time::Duration};

use mtls_core::{evidence::event::Event, scenario::effects::Allowance};
use mtls_kubernetes::{Access, Inverse, Kube, KubeError, Reference};
use serde_json::json;

use api_server::{ApiServer, Request};
use run::{announced, executed, recorded, started};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_options_a_run_only_reads() {
    let server = ApiServer::start().await;
    let entries = recorded(&server, &[]).await;
    assert_eq!(forbidden(&server, &[]), []);
    let ran = started(&entries);
    for id in ["pki/hierarchy", "platform/installed"] {
        assert!(ran.contains(id), "{id} is only reading, but these ran: {ran:?}");
    }
    for id in ["strict/enforcement-grid", "strict/pushed-config", "identity/svid-profile"] {
        assert!(!ran.contains(id), "{id} does more than reading");
    }
    assert!(ran.iter().all(|id| !id.contains('!')), "a sabotage ran: {ran:?}");
    let (first_line, allowed) = announced(&entries);
    assert!(first_line.ends_with("only read: get, list, watch"), "{first_line}");
    assert_eq!(allowed, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_run_programs_and_have_nothing_signed() {
    let server = ApiServer::start().await;
    let ran = started(&recorded(&server, &[Allowance::Probes]).await);
    assert_eq!(forbidden(&server, &[Allowance::Probes]), []);
    assert!(ran.contains("strict/pushed-config") && !ran.contains("strict/enforcement-grid"), "{ran:?}");
    assert!(server.requests().iter().any(is_exec));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuing_alone_runs_no_program() {
    let server = ApiServer::start().await;
    let ran = started(&recorded(&server, &[Allowance::Issue]).await);
    assert_eq!(forbidden(&server, &[Allowance::Issue]), []);
    assert!(ran.contains("pki/hierarchy") && !ran.contains("strict/enforcement-grid"), "{ran:?}");
}

/// Positive control of the three tests above: with both options, the server sees the requests that they refuse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_both_options_certificates_are_requested_and_nothing_else_changes() {
    let server = ApiServer::start().await;
    let entries = recorded(&server, &Allowance::ALL).await;
    assert_eq!(forbidden(&server, &Allowance::ALL), []);
    let ran = started(&entries);
    assert!(ran.contains("strict/enforcement-grid") && ran.iter().all(|id| !id.contains('!')), "{ran:?}");
    let (first_line, allowed) = announced(&entries);
    assert!(first_line.contains("also allowed: --allow-issue (certificates signed by its issuer), "), "{first_line}");
    assert_eq!(allowed, json!(["--allow-issue", "--allow-probes"]));
    let without = forbidden(&server, &[]);
    assert!(without.iter().any(is_exec) && without.iter().any(|request| request.method == "PATCH"), "{without:?}");
}

/// The world's client refuses, even if the plan lets the scenario run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_that_must_not_run_is_broken_and_changes_nothing() {
    let server = ApiServer::start().await;
    for id in ["strict/pushed-config", "strict/proxies-in-sync"] {
        let entries = executed(&server, id).await;
        let refusals = entries.iter().filter(|entry| match &entry.event {
            Event::Observed { sample, .. } => {
                sample.problem.as_ref().is_some_and(|problem| problem.contains("this run only reads the cluster"))
            }
            _ => false,
        });
        assert!(refusals.count() > 0, "{id}: {entries:?}");
    }
    assert_eq!(forbidden(&server, &[]), []);
}

#[tokio::test]
async fn every_way_to_change_something_is_refused_before_it_is_sent() {
    let server = ApiServer::start().await;
    let kube = Kube::from_file(&server.kubeconfig, Access::Reading(Vec::new())).await.unwrap();
    let refused = |what: &str, result: Result<(), KubeError>| {
        let text = harness::run::chain(&result.expect_err(what));
        assert!(text.contains("this run only reads the cluster"), "{what}: {text}");
    };
    for (what, result) in changes(&kube).await {
        refused(what, result);
    }
    assert_eq!(forbidden(&server, &[]), []);
}

/// Positive control of the test above: without the guard, the server sees each change.
#[tokio::test]
async fn without_the_guard_the_server_sees_every_change() {
    let server = ApiServer::start().await;
    let kube = Kube::from_file(&server.kubeconfig, Access::Full).await.unwrap();
    let changes = changes(&kube).await;
    let seen: BTreeSet<String> = forbidden(&server, &[]).into_iter().map(|request| request.method).collect();
    assert_eq!(seen, ["DELETE", "GET", "PATCH", "POST"].map(str::to_owned).into());
    assert_eq!(forbidden(&server, &[]).len(), changes.len());
}

/// Every way in which this harness changes a cluster or reaches a program in it.
async fn changes(kube: &Kube) -> Vec<(&'static str, Result<(), KubeError>)> {
    let reference = Reference::new("v1", "ConfigMap", Some("n"), "c");
    let object = || {
        serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"},
        }))
        .unwrap()
    };
    let merge = json!({"data": {"a": "b"}});
    let limit = Duration::from_secs(5);
    vec![
        ("apply", kube.apply(&object(), limit).await),
        ("dry run", kube.would_apply(&object()).await.map(drop)),
        ("merge", kube.merge(&reference, &merge).await.map(drop)),
        ("merge of a status", kube.merge_status(&reference, &merge).await),
        ("delete", kube.delete(&reference).await),
        ("restore", kube.undo(&Inverse::Restore(Box::new(object()))).await),
        ("exec", kube.exec("n", "pod", "c", &["true"], b"", limit).await.map(drop)),
        ("spawn", kube.spawn("n", "pod", "c", &["true"], b"").await.map(drop)),
        ("request to a service", kube.proxy_get("n", "s:80", "/").await.map(drop)),
    ]
}

/// Requests that a run with these options must not send. Decided here independently of the tested code.
fn forbidden(server: &ApiServer, allowed: &[Allowance]) -> Vec<Request> {
    let is_allowed = |request: &Request| {
        let reads = request.method == "GET" && !is_exec(request) && !is_proxy(request);
        let probes = allowed.contains(&Allowance::Probes) && (is_exec(request) || is_proxy(request));
        let issues = allowed.contains(&Allowance::Issue)
            && ["PATCH", "DELETE"].contains(&request.method.as_str())
            && request
                .path
                .starts_with("/apis/cert-manager.io/v1/namespaces/cert-manager/certificaterequests/mtls-e2e-");
        reads || probes || issues
    };
    server.requests().into_iter().filter(|request| !is_allowed(request)).collect()
}

fn is_exec(request: &Request) -> bool {
    ["/exec", "/attach", "/portforward"].iter().any(|suffix| request.path.ends_with(suffix))
}

fn is_proxy(request: &Request) -> bool {
    request.path.contains("/proxy/") || request.path.ends_with("/proxy")
}
