//! Servers that send nothing: before the connection, before the handshake, in it, and after the request.

use std::time::Duration;

use mtls_core::duration::milliseconds;
use mtls_protocol::{
    client::{Call, CallsJob},
    serve::{Case, Mode},
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{
    super::job::text,
    fixture::{Bench, call, case},
    seen::line_facts,
};
use crate::run::error::StepError;

/// The client's configured limit for one exchange.
const CONFIGURED: Duration = Duration::from_millis(800);
/// Time after [`CONFIGURED`] at which the client is killed; the requirement allows one second.
const GRACE: Duration = Duration::from_millis(2_200);
const MAX_QUEUE: usize = 16;
const CONNECT_LIMIT: Duration = Duration::from_millis(150);

/// All four attempts concurrently, by one client. An attempt that did not end in time is `still-running`.
pub(super) async fn limits(bench: &Bench<'_>) -> Result<Value, StepError> {
    let mut mute = case("answer", &bench.sound_server()?);
    mute.mute = true;
    let server =
        bench.serve(&[Case::bare("handshake", Mode::Silent), Case::bare("half-hello", Mode::HalfHello), mute]).await?;
    let full = FullListener::listen().await.map_err(|error| StepError(format!("listen without accepting: {error}")))?;
    let stages = [
        ("connect", full.port),
        ("handshake", server.port("handshake")),
        ("half-hello", server.port("half-hello")),
        ("answer", server.port("answer")),
    ];
    let timeout_ms = milliseconds(CONFIGURED);
    let calls = stages.iter().map(|(id, port)| Call { timeout_ms, ..call(id, *port) }).collect();
    let job = text(&CallsJob { parallel: stages.len(), calls })?;
    let ran = bench.run(&["calls"], &bench.mount_client()?.variables(), &job, CONFIGURED + GRACE).await?;
    drop(full);
    bench.close(server).await?;
    let mut facts = serde_json::Map::from_iter([("configured-ms".to_owned(), json!(CONFIGURED.as_millis()))]);
    for (id, _) in stages {
        let line = ran.lines.iter().find(|line| line["id"] == id);
        let stage = line.map_or_else(|| json!({"ended": "still-running"}), |line| line_facts(bench, line));
        facts.insert(id.to_owned(), stage);
    }
    Ok(Value::Object(facts))
}

/// A listener whose queue is full: the next connection is neither accepted nor refused.
struct FullListener {
    port: u16,
    #[expect(dead_code, reason = "held open")]
    listener: TcpListener,
    #[expect(dead_code, reason = "held open: they fill the queue")]
    queue: Vec<TcpStream>,
}

impl FullListener {
    async fn listen() -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        let mut queue = Vec::new();
        while queue.len() < MAX_QUEUE {
            match tokio::time::timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
                Ok(stream) => queue.push(stream?),
                Err(_) => return Ok(Self { port: address.port(), listener, queue }),
            }
        }
        Err(std::io::Error::other("the queue never filled"))
    }
}
