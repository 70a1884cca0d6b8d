//! Starts the programs of a loopback world and waits until they are Ready.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use mtls_core::scenario::model::ServerPort;
use mtls_engine::wait::{Check, WaitError, until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

use super::{
    LoopbackRequest,
    identities::Identities,
    placements::{Placements, Server},
};
use crate::{
    stack::{
        envoy,
        workload::{self, Variable},
    },
    world::sandbox::ProcessGroup,
};

/// The programs that run as long as the world.
#[derive(Debug)]
pub(super) struct Processes(Vec<Program>);

#[derive(Debug)]
struct Program {
    name: String,
    child: Child,
    log: PathBuf,
    ready: SocketAddr,
    path: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("there are participants in the mesh, but this world was prepared without sidecars")]
    NoEnvoy,
    #[error("{name} cannot be started")]
    Start {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("{name} is not Ready: {source}; its log ends with: {log}")]
    NotReady {
        name: String,
        #[source]
        source: WaitError,
        log: String,
    },
}

const READY_LIMIT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(15);
const OK: &str = "HTTP/1.1 200";
/// Maximum length of a log line in an error, in characters.
const LINE: usize = 300;

impl Processes {
    /// Starts Envoy and one workload per server.
    pub(super) fn start(
        request: &LoopbackRequest,
        placements: &Placements,
        identities: &Identities,
        guard: &ProcessGroup,
    ) -> Result<Self, ProcessError> {
        let mut programs = Vec::new();
        let place = Place { program: &request.programs.workload, placements, identities, guard };
        for server in &placements.servers {
            programs.push(serve(place, server, &[])?);
        }
        if placements.is_empty() {
            return Ok(Self(programs));
        }
        let mut command = guard.command(request.programs.envoy.as_deref().ok_or(ProcessError::NoEnvoy)?);
        command.args(envoy::arguments(guard.folder()));
        programs.push(Program::start("the sidecars".to_owned(), command, placements.admin, "/ready", guard)?);
        Ok(Self(programs))
    }

    /// Restarts a workload and waits until it is Ready.
    pub(super) async fn restart(
        &mut self,
        place: Place<'_>,
        server: &Server,
        variables: &[Variable],
    ) -> Result<(), ProcessError> {
        let name = name_of(server);
        if let Some(index) = self.0.iter().position(|program| program.name == name) {
            let mut old = self.0.swap_remove(index);
            let failed = |source| ProcessError::Start { name: name.clone(), source };
            old.child.kill().await.map_err(failed)?;
        }
        let mut new = serve(place, server, variables)?;
        let ready = new.is_ready().await;
        self.0.push(new);
        ready
    }

    /// Waits until the readiness endpoint of every program answers 200.
    pub(super) async fn ready(&mut self) -> Result<(), ProcessError> {
        futures::future::try_join_all(self.0.iter_mut().map(Program::is_ready)).await.map(|_| ())
    }
}

/// The input for starting a workload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) program: &'a Path,
    pub(super) placements: &'a Placements,
    pub(super) identities: &'a Identities,
    pub(super) guard: &'a ProcessGroup,
}

fn serve(place: Place<'_>, server: &Server, variables: &[Variable]) -> Result<Program, ProcessError> {
    let Place { program, placements, identities, guard } = place;
    let directory = identities.directory(&server.name).unwrap_or(guard.folder());
    let mut command = guard.command(program);
    command.arg(workload::SERVER_COMMAND).envs(environment(server, placements, directory));
    command.envs(variables.iter().copied());
    let ready = SocketAddr::from((server.application, placements.port(ServerPort::Http)));
    Program::start(name_of(server), command, ready, "/readyz", guard)
}

/// The log file of a workload.
pub(super) fn log_of(server: &Server, guard: &ProcessGroup) -> PathBuf {
    log(&name_of(server), guard)
}

fn log(name: &str, guard: &ProcessGroup) -> PathBuf {
    guard.folder().join(format!("{}.log", name.replace(' ', "-")))
}

fn name_of(server: &Server) -> String {
    let (account, namespace) = &server.name;
    format!("{account} of {namespace}")
}

impl Program {
    fn start(
        name: String,
        mut command: Command,
        ready: SocketAddr,
        path: &'static str,
        guard: &ProcessGroup,
    ) -> Result<Self, ProcessError> {
        let log = log(&name, guard);
        let open = || -> io::Result<(Stdio, Stdio)> {
            let file = File::create(&log)?;
            Ok((file.try_clone()?.into(), file.into()))
        };
        let failed = |source| ProcessError::Start { name: name.clone(), source };
        let (stdout, stderr) = open().map_err(failed)?;
        let child = command.stdout(stdout).stderr(stderr).spawn().map_err(failed)?;
        Ok(Self { name, child, log, ready, path })
    }

    async fn is_ready(&mut self) -> Result<(), ProcessError> {
        let what = format!("{} answering on {}", self.name, self.ready);
        let (child, ready, path) = (&mut self.child, self.ready, self.path);
        let waited = until(&what, READY_LIMIT, POLL_INTERVAL, async || match child.try_wait() {
            Ok(Some(status)) => Check::Permanent(ended(status)),
            Err(error) => Check::Permanent(error.to_string()),
            Ok(None) => match get_body(ready, path).await {
                Ok(_) => Check::Ready(()),
                Err(error) => Check::NotYet(error.to_string()),
            },
        });
        let failed = |source| ProcessError::NotReady { name: self.name.clone(), source, log: tail(&self.log) };
        waited.await.map_err(failed)
    }
}

/// The body of an HTTP GET; an error for any status but 200.
pub(super) async fn get_body(address: SocketAddr, path: &str) -> io::Result<String> {
    let answer = get(address, path).await?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with(OK) => Ok(body.to_owned()),
        _ => Err(io::Error::other(answer.lines().next().unwrap_or("no answer").to_owned())),
    }
}

/// An HTTP/1.1 GET; the answer ends with the connection. A chunked body keeps its chunk-size lines, which no caller
/// reads.
async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn environment(server: &Server, placements: &Placements, directory: &Path) -> Vec<(String, String)> {
    let ports = workload::PORT_VARIABLES.map(|(variable, column)| (variable, placements.port(column).to_string()));
    let files = workload::FILE_VARIABLES.map(|(variable, file)| (variable, directory.join(file).display().to_string()));
    let listen = [(workload::LISTEN_VARIABLE, server.application.to_string()), ("POD_NAME", server.name.0.clone())];
    let all = ports.into_iter().chain(files).chain(listen);
    all.map(|(variable, value)| (variable.to_owned(), value)).collect()
}

fn ended(status: ExitStatus) -> String {
    format!("it ended: {status}")
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(|line| line.chars().take(LINE).collect()).collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}
