//! The webhook receiver, over HTTP.

use reference_workload::log::Log;
use reference_workload::receiver::Receiver;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

async fn call(port: u16, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: r\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn notifications_are_kept_listed_and_cleared() {
    let log = Log::memory();
    let receiver = Receiver::bind(0, log.clone()).await.unwrap();
    let port = receiver.bound().unwrap().port();
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(receiver.serve(stopped));

    let alert = json!({"status": "firing", "alerts": [{"labels": {"alertname": "CertificateExpiring"}}]});
    assert_eq!(call(port, "POST", "/notify", &alert.to_string()).await.0, 200);
    assert_eq!(call(port, "POST", "/notify", "not json").await.0, 400);
    let (status, list) = call(port, "GET", "/notifications", "").await;
    assert_eq!((status, list.as_array().unwrap().len()), (200, 1));
    assert_eq!(list[0]["body"], alert);
    assert!(list[0]["received"].as_str().unwrap().ends_with('Z'));
    assert_eq!(log.lines().len(), 1);

    assert_eq!(call(port, "DELETE", "/notifications", "").await, (200, json!({"cleared": 1})));
    assert_eq!(call(port, "GET", "/notifications", "").await.1, json!([]));
    assert_eq!(call(port, "GET", "/healthz", "").await.0, 200);
    assert_eq!(call(port, "GET", "/elsewhere", "").await.0, 404);
    stop.send_replace(true);
    serving.await.unwrap();
}
