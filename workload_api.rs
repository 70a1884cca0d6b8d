//! CLIENT-02 and CLIENT-12 against a Workload API that is real on the wire: HTTP/2 frames by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mtls_client::Error;
use mtls_client::environment::Source;
use mtls_client::identity::{SocketPath, fetch_x509};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::support::pki::{CLIENT_ID, Ca, Pair, SERVER_ID};
use crate::support::server::Server;
use crate::support::{attempt, eventually, inline};

/// What the fake agent says to every call.
#[derive(Clone)]
enum Agent {
    Denies,
    Gives(watch::Receiver<Vec<u8>>),
    IsSilent,
}

struct Socket {
    _directory: TempDir,
    path: PathBuf,
}

impl Socket {
    fn start(agent: Agent) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("agent.sock");
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, agent.clone()));
            }
        });
        Self { _directory: directory, path }
    }

    fn address(&self) -> SocketPath {
        SocketPath::parse(self.path.to_str().unwrap()).unwrap()
    }
}

/// Speaks just enough HTTP/2 for one streaming gRPC call per connection.
async fn serve(mut stream: UnixStream, agent: Agent) {
    let mut preface = [0; 24];
    if stream.read_exact(&mut preface).await.is_err() || matches!(agent, Agent::IsSilent) {
        return std::future::pending().await;
    }
    let mut answers = match &agent {
        Agent::Gives(answers) => Some(answers.clone()),
        _ => None,
    };
    let _ = stream.write_all(&frame(4, 0, 0, &[])).await;
    let mut call = None;
    loop {
        let message = tokio::select! {
            incoming = read_frame(&mut stream) => match incoming {
                Err(_) => return,
                // Settings and pings want an acknowledgement.
                Ok((4, 0, _, _)) => frame(4, 1, 0, &[]),
                Ok((6, 0, _, payload)) => frame(6, 1, 0, &payload),
                Ok((1, _, id, _)) if matches!(agent, Agent::Denies) => {
                    let fields = [("content-type", "application/grpc"), ("grpc-status", "7"), ("grpc-message", "no identity issued")];
                    frame(1, 5, id, &headers(&fields))
                }
                Ok((1, _, id, _)) => {
                    call = Some(id);
                    let mut bytes = frame(1, 4, id, &headers(&[("content-type", "application/grpc")]));
                    let answer = answers.as_mut().unwrap().borrow_and_update().clone();
                    bytes.extend(frame(0, 0, id, &message(&answer)));
                    bytes
                }
                Ok(_) => continue,
            },
            Some(answer) = next(&mut answers, call) => frame(0, 0, call.unwrap(), &message(&answer)),
        };
        if stream.write_all(&message).await.is_err() {
            return;
        }
    }
}

async fn next(answers: &mut Option<watch::Receiver<Vec<u8>>>, call: Option<u32>) -> Option<Vec<u8>> {
    match (answers, call) {
        (Some(answers), Some(_)) if answers.changed().await.is_ok() => Some(answers.borrow_and_update().clone()),
        _ => std::future::pending().await,
    }
}

async fn read_frame(stream: &mut UnixStream) -> std::io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await?;
    Ok((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(id.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// `:status 200` from the static table, the rest literal and not indexed.
fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x88];
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

fn message(body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

/// `X509SVIDResponse` with one SVID.
fn answer(id: &str, pair: &Pair, ca: &Ca) -> Vec<u8> {
    let parts: [&[u8]; 4] = [id.as_bytes(), &pair.leaf_der, &pair.key_der, &ca.der()];
    let svid: Vec<u8> = (1..).zip(parts).flat_map(|(number, part)| field(number, part)).collect();
    field(1, &svid)
}

fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(value);
    bytes
}

const LIMIT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn an_svid_comes_with_its_bundle() {
    let ca = Ca::new("spire");
    let pair = ca.client();
    let (_agent, answers) = watch::channel(answer(CLIENT_ID, &pair, &ca));
    let socket = Socket::start(Agent::Gives(answers));
    let identity = fetch_x509(&socket.address(), LIMIT).await.unwrap();
    assert_eq!(identity.leaf().spiffe_id.as_deref(), Some(CLIENT_ID));
    assert_eq!(identity.root_certificates()[0].as_ref(), ca.der());
}

#[tokio::test]
async fn four_kinds_of_failure_are_told_apart() {
    let denied = Socket::start(Agent::Denies);
    let denied = fetch_x509(&denied.address(), LIMIT).await.unwrap_err();
    assert!(matches!(denied, Error::NoIdentity { .. }), "{denied}");
    assert_eq!(denied.workload_api_word(), "no-identity");

    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.sock");
    let error = fetch_x509(&address(&missing), LIMIT).await.unwrap_err();
    assert_eq!(error.workload_api_word(), "socket-missing", "{error}");

    let stale = directory.path().join("stale.sock");
    drop(UnixListener::bind(&stale).unwrap());
    let error = fetch_x509(&address(&stale), LIMIT).await.unwrap_err();
    assert_eq!(error.workload_api_word(), "socket-refused", "{error}");

    let silent = Socket::start(Agent::IsSilent);
    let error = fetch_x509(&silent.address(), Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.workload_api_word(), "unavailable", "{error}");
}

#[tokio::test]
async fn an_svid_pushed_to_a_running_server_is_used_for_new_connections() {
    let ca = Ca::new("spire");
    let (agent, answers) = watch::channel(answer(SERVER_ID, &ca.server(), &ca));
    let socket = Socket::start(Agent::Gives(answers));
    let mut server = Server::start_with(Source::WorkloadApi(socket.address())).await;
    let arrived = server.identity.wait_for(Option::is_some);
    tokio::time::timeout(LIMIT, arrived).await.expect("the first SVID").unwrap();
    let first = server.own_serial().unwrap();
    let seen = |port| attempt(port, json!({"identity": inline(&ca.client(), &ca)}));
    assert_eq!(seen(server.bound.mtls.port()).await["tls"]["peer"]["serial"], first.as_str());

    agent.send_replace(answer(SERVER_ID, &ca.server(), &ca));
    eventually(Duration::from_secs(1), "the pushed SVID", || server.own_serial().as_ref() != Some(&first)).await;
    let result = seen(server.bound.mtls.port()).await;
    assert_eq!(result["tls"]["peer"]["serial"], server.own_serial().unwrap(), "{result}");
}

#[tokio::test]
async fn both_spellings_of_the_socket_reach_it() {
    let ca = Ca::new("spire");
    let (_agent, answers) = watch::channel(answer(CLIENT_ID, &ca.client(), &ca));
    let socket = Arc::new(Socket::start(Agent::Gives(answers)));
    let bare = socket.path.to_str().unwrap().to_owned();
    for spelling in [bare.clone(), format!("unix://{bare}"), format!("unix:{bare}")] {
        let address = SocketPath::parse(&spelling).unwrap();
        assert!(fetch_x509(&address, LIMIT).await.is_ok(), "{spelling}");
    }
}

fn address(path: &Path) -> SocketPath {
    SocketPath::parse(path.to_str().unwrap()).unwrap()
}

/// For the tests of the program: an agent in this process.
pub(crate) mod fake {
    use super::*;

    pub(crate) struct FakeAgent(Socket);

    impl FakeAgent {
        pub(crate) fn denying() -> Self {
            Self(Socket::start(Agent::Denies))
        }

        pub(crate) fn giving(id: &str, pair: &Pair, ca: &Ca) -> Self {
            Self(Socket::start(Agent::Gives(watch::channel(answer(id, pair, ca)).1)))
        }

        pub(crate) fn path(&self) -> &str {
            self.0.path.to_str().unwrap()
        }
    }
}
