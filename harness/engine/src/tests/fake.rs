//! A container engine that answers as a test says, on a port of loopback.
//!
//! One answer per connection, and no state: what was asked for is recorded and nothing is done.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Engine, Limits};

/// The answer to one request.
pub(super) enum Answer {
    /// The connection stays open, and nothing comes.
    Nothing,
    /// A status, and a body of JSON.
    Whole(u16, String),
    /// Status 200 and the beginning of a body, after which nothing comes.
    Beginning(&'static [u8]),
    /// The connection becomes one of bytes in both directions, gets these and is closed.
    Upgraded(Vec<u8>),
    /// The same, but it stays open.
    UpgradedAndOpen(Vec<u8>),
}

/// A request: method and path, with the body if it has one of known length.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) line: String,
    pub(super) body: String,
}

pub(super) struct Fake {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A limit that is expected to be exceeded.
pub(super) const SHORT: Duration = Duration::from_millis(100);
/// A limit for answers that come, on a machine that is busy.
pub(super) const AMPLE: Duration = Duration::from_secs(60);

impl Fake {
    pub(super) async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&answer), Arc::clone(&seen)));
            }
        });
        Self { address, asked }
    }

    /// A client that waits as long for everything, but for the ping.
    pub(super) async fn client(&self, limit: Duration) -> Engine {
        Engine::connect_to(&self.address, Limits { ping: AMPLE, ..limits(limit) }).await.unwrap()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

pub(super) fn limits(each: Duration) -> Limits {
    Limits { ping: each, question: each, change: each, registry: each, pull: each, bulk: each }
}

async fn serve(
    mut connection: TcpStream,
    answer: Arc<impl Fn(&str) -> Answer + Send + Sync>,
    asked: Arc<Mutex<Vec<Asked>>>,
) {
    let Some(request) = read(&mut connection).await else { return };
    let answer =
        if request.line.ends_with("/_ping") { Answer::Whole(200, "OK".to_owned()) } else { answer(&request.line) };
    asked.lock().unwrap().push(request);
    let silent = matches!(answer, Answer::Nothing | Answer::Beginning(_) | Answer::UpgradedAndOpen(_));
    let bytes = match answer {
        Answer::Nothing => Vec::new(),
        Answer::Whole(status, body) => format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
        Answer::Beginning(bytes) => {
            [b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".as_slice(), bytes].concat()
        }
        Answer::Upgraded(bytes) | Answer::UpgradedAndOpen(bytes) => [
            b"HTTP/1.1 101 UPGRADED\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\n".as_slice(),
            &bytes,
        ]
        .concat(),
    };
    let _ = connection.write_all(&bytes).await;
    if silent {
        // Until the client gives up.
        let mut rest = Vec::new();
        let _ = connection.read_to_end(&mut rest).await;
        std::future::pending::<()>().await;
    }
}

/// Reads the head of a request, and its body when that has a length; one in chunks is read to its last chunk.
async fn read(connection: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let is_chunked = text.contains("transfer-encoding: chunked");
    while length.is_some_and(|length| bytes.len() < head + length) || is_chunked && !bytes.ends_with(b"0\r\n\r\n") {
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&bytes[..head]).lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Asked { line, body: String::from_utf8_lossy(&bytes[head..]).into_owned() })
}
