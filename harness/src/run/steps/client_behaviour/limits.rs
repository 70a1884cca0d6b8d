//! Servers that keep silent: before the connection, before the handshake, in it, and after the request.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{
    fixture::{Bench, bare_case, case, server_id},
    seen::line_facts,
};
use crate::run::error::StepError;

/// What the client is told to take at most for one exchange.
const CONFIGURED: Duration = Duration::from_millis(800);
/// The requirement allows a second more; whoever still runs this much later is ended.
const GRACE: Duration = Duration::from_millis(2_200);
const MOST_IN_LINE: usize = 16;
const UNANSWERED: Duration = Duration::from_millis(150);

/// All four side by side, by one client. An attempt that was not over in time says `still-running`.
pub(super) async fn limits(bench: &Bench<'_>) -> Result<Value, StepError> {
    let mut mute = case("answer", &bench.sound_server()?);
    mute["mute"] = json!(true);
    let server = bench.serve(&[bare_case("handshake", "silent"), bare_case("half-hello", "half-hello"), mute]).await?;
    let deaf = Deaf::listen().await.map_err(|error| StepError(format!("listen without accepting: {error}")))?;
    let stages = [
        ("connect", deaf.port),
        ("handshake", server.port("handshake")),
        ("half-hello", server.port("half-hello")),
        ("answer", server.port("answer")),
    ];
    let attempts: Vec<Value> = stages
        .iter()
        .map(|(id, port)| {
            json!({
                "id": id, "host": "127.0.0.1", "port": port, "protocol": "http", "tls": "on",
                "identity": {"source": "files"}, "verify": {"mode": "spiffe", "id": server_id()},
                "timeout_ms": u64::try_from(CONFIGURED.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .collect();
    let job = json!({"parallel": stages.len(), "attempts": attempts}).to_string();
    let ran = bench.run(&["attempts"], &bench.mount_client()?.variables(), &job, CONFIGURED + GRACE).await?;
    drop(deaf);
    bench.close(server).await?;
    let mut facts = serde_json::Map::from_iter([("configured-ms".to_owned(), json!(CONFIGURED.as_millis()))]);
    for (id, _) in stages {
        let line = ran.lines.iter().find(|line| line["id"] == id);
        let told = line.map_or_else(|| json!({"ended": "still-running"}), |line| line_facts(bench, line));
        facts.insert(id.to_owned(), told);
    }
    Ok(Value::Object(facts))
}

/// A listener whose queue is full: the next connection is neither taken nor refused.
struct Deaf {
    port: u16,
    #[expect(dead_code, reason = "held open")]
    listener: TcpListener,
    #[expect(dead_code, reason = "held open: they fill the queue")]
    queue: Vec<TcpStream>,
}

impl Deaf {
    async fn listen() -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        let mut queue = Vec::new();
        while queue.len() < MOST_IN_LINE {
            match tokio::time::timeout(UNANSWERED, TcpStream::connect(address)).await {
                Ok(stream) => queue.push(stream?),
                Err(_) => return Ok(Self { port: address.port(), listener, queue }),
            }
        }
        Err(std::io::Error::other("the queue never filled"))
    }
}
