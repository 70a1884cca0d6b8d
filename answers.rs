//! What each listener says.

use serde_json::{Value, json};

use crate::support::mount::Mount;
use crate::support::pki::{CLIENT_ID, Ca};
use crate::support::server::Server;
use crate::support::{attempt, inline};

async fn plain(port: u16, path: &str, headers: Value) -> Value {
    attempt(port, json!({"tls": "off", "path": path, "headers": headers})).await
}

async fn server(ca: &Ca) -> (Server, Mount) {
    let mount = Mount::new(&ca.server(), &ca.pem());
    (Server::start(&mount).await, mount)
}

#[tokio::test]
async fn the_plain_port_repeats_what_the_sidecar_says_and_believes_only_the_last_element() {
    let ca = Ca::new("root");
    let (server, _mount) = server(&ca).await;
    let xfcc = format!("URI=spiffe://forged/a,By=spiffe://x/b;URI={CLIENT_ID}");
    let headers = json!({"x-forwarded-client-cert": xfcc, "x-request-id-e2e": "r-7"});
    let body = plain(server.bound.http.port(), "/whoami", headers).await["body"].clone();
    assert_eq!((&body["listener"], &body["xfcc"], &body["xfcc_peer"]), (&json!("http"), &json!(xfcc), &json!(CLIENT_ID)));
    assert_eq!((&body["peer"], &body["tls"], &body["request_id"]), (&Value::Null, &Value::Null, &json!("r-7")));
    assert_eq!(body["served_by"]["own_serial"], server.own_serial().unwrap());
    assert_eq!(body["served_by"]["pod"], "proxy-api-0");
    let line = &server.requests()[0];
    assert_eq!((&line["peer_id"], &line["request_id"], &line["status"]), (&json!(CLIENT_ID), &json!("r-7"), &json!(200)));
}

#[tokio::test]
async fn the_tls_port_ignores_a_forged_header_for_its_peer() {
    let ca = Ca::new("root");
    let (server, _mount) = server(&ca).await;
    let fields = json!({
        "identity": inline(&ca.client(), &ca), "headers": {"x-forwarded-client-cert": "URI=spiffe://forged/a"},
    });
    let body = attempt(server.bound.mtls.port(), fields).await["body"].clone();
    assert_eq!((&body["listener"], &body["peer"]["spiffe_id"]), (&json!("mtls"), &json!(CLIENT_ID)));
    assert_eq!(server.requests()[0]["peer_id"], CLIENT_ID);
}

#[tokio::test]
async fn health_readiness_and_everything_else() {
    let ca = Ca::new("root");
    let (ready, _mount) = server(&ca).await;
    let missing = Mount::new(&ca.server(), &ca.pem());
    std::fs::remove_file(missing.path("ca.crt")).unwrap();
    let unready = Server::start(&missing).await;
    for (server, path, status) in [
        (&ready, "/healthz", 200),
        (&ready, "/readyz", 200),
        (&ready, "/other", 404),
        (&ready, "/metrics", 404),
        (&unready, "/healthz", 200),
        (&unready, "/readyz", 503),
    ] {
        let result = plain(server.bound.http.port(), path, json!({})).await;
        assert_eq!(result["http_status"], status, "{path}: {result}");
        assert!(result["body"].is_object(), "{result}");
    }
}

#[tokio::test]
async fn the_echo_answers_every_line_and_does_not_speak_first() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    let ca = Ca::new("root");
    let (server, _mount) = server(&ca).await;
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", server.bound.tcp.port())).await.unwrap();
    let mut stream = BufReader::new(stream);
    let quiet = tokio::time::timeout(std::time::Duration::from_millis(200), stream.read_u8()).await;
    assert!(quiet.is_err(), "not a byte before the first line");
    for text in ["first", "second"] {
        stream.write_all(format!("{text}\n").as_bytes()).await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&answer["listener"], &answer["echo"]), (&json!("tcp"), &json!(text)));
        assert!(answer["served_by"]["own_serial"].is_string() && answer["remote"].is_string());
    }
    let result = attempt(server.bound.tcp.port(), json!({"id": "p", "tls": "off", "protocol": "tcp"})).await;
    assert_eq!(result["body"]["echo"], "probe p", "{result}");
}

#[tokio::test]
async fn metrics_are_the_only_page_of_their_port() {
    let ca = Ca::new("root");
    let (server, _mount) = server(&ca).await;
    attempt(server.bound.mtls.port(), json!({"identity": inline(&ca.client(), &ca)})).await;
    attempt(server.bound.mtls.port(), json!({})).await;
    let result = plain(server.bound.metrics.port(), "/metrics", json!({})).await;
    let text = result["body"].as_str().unwrap();
    let not_after = server.identity.borrow().as_ref().unwrap().identity.leaf().not_after.as_second();
    for sample in [
        "reference_workload_requests_total{listener=\"mtls\"} 1\n".to_owned(),
        "reference_workload_handshake_failures_total{reason=\"no-certificate\"} 1\n".to_owned(),
        "reference_workload_reloads_total{result=\"ok\"} 1\n".to_owned(),
        format!("reference_workload_leaf_not_after_seconds {not_after}\n"),
    ] {
        assert!(text.contains(&sample), "{sample} not in {text}");
    }
    for path in ["/whoami", "/", "/healthz"] {
        assert_eq!(plain(server.bound.metrics.port(), path, json!({})).await["http_status"], 404);
    }
}
