//! The fixture of every case: certificates, mounted files, hostile servers, fake agents, and the client under test.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf, time::Duration};

use mtls_core::scenario::model::{BehaviourCase, TRUST_DOMAIN};
use mtls_pki::{Authority, Leaf, Material};
use mtls_protocol::{
    Encoded, SecretBytes,
    agent::{AgentJob, CallAnswer, Svid},
    client::Call,
    serve::{Case, Listening, Mode, ServeJob},
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use time::Duration as Lifetime;

use super::super::job::text;
use crate::{
    run::error::StepError,
    stack::workload,
    world::{
        World,
        sandbox::{Line, ProcessOutput, Running, Sandbox, SandboxError, Variables, Volume},
    },
};

/// The sandbox of one case, and a CA that its client trusts.
pub(super) struct Bench<'a> {
    sandbox: Sandbox<'a>,
    pub(super) authority: Authority,
    collected: Mutex<Vec<Value>>,
}

/// A mounted certificate directory of the client.
pub(super) struct Mounted(Volume);

/// A hostile server with one port per case.
pub(super) struct Server {
    running: Running,
    ports: BTreeMap<String, u16>,
}

/// A fake SPIRE agent.
pub(super) struct Agent {
    running: Running,
    pub(super) socket: PathBuf,
}

/// The DNS name in the certificate of every healthy server, beside its SPIFFE ID.
pub(super) const NAME: &str = "localhost";
/// Longer than a healthy client needs, including its own limit of five seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const LIFETIME: Lifetime = Lifetime::hours(1);

pub(super) fn client_id() -> String {
    id("client")
}

pub(super) fn server_id() -> String {
    id("proxy-api")
}

/// The SPIFFE ID of a workload in the production namespace.
pub(super) fn id(account: &str) -> String {
    format!("spiffe://{TRUST_DOMAIN}/ns/x0tta6bl4-production/sa/{account}")
}

impl<'a> Bench<'a> {
    pub(super) fn new(world: &'a World, behaviour: BehaviourCase) -> Result<Self, StepError> {
        let sandbox = world.sandbox(behaviour.word()).map_err(StepError::from)?;
        Ok(Self { sandbox, authority: authority("mtls-e2e")?, collected: Mutex::default() })
    }

    /// Mounts a new client certificate of the fixture's CA with its root.
    pub(super) fn mount_client(&self) -> Result<Mounted, StepError> {
        self.mount("client", &sign(&self.authority, &client_id(), &[])?, &self.authority.root_pem())
    }

    pub(super) fn mount(&self, name: &str, material: &Material, roots: &str) -> Result<Mounted, StepError> {
        let files = files(&material.chain, material.key(), roots);
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        self.sandbox.volume(name, &files).map(Mounted).map_err(StepError::from)
    }

    /// A server certificate that the client accepts, with [`NAME`] and [`server_id`].
    pub(super) fn sound_server(&self) -> Result<Material, StepError> {
        sign(&self.authority, &server_id(), &[NAME])
    }

    pub(super) async fn serve(&self, cases: &[Case]) -> Result<Server, StepError> {
        let job = text(&ServeJob { listen: Ipv4Addr::LOCALHOST.into(), cases: cases.to_vec() })?;
        let (running, first) = self.sandbox.helper("serve", &job).await.map_err(StepError::from)?;
        let first: Listening = serde_json::from_value(first).map_err(|error| StepError::of(&error))?;
        Ok(Server { running, ports: first.listening })
    }

    /// Starts an agent that answers call after call with these words, and gives this material as its SVID.
    pub(super) async fn agent(&self, name: &str, says: &[CallAnswer], material: &Material) -> Result<Agent, StepError> {
        let socket = self.path(name);
        let svid = Svid {
            spiffe_id: id("agent-client"),
            chain: entries(&material.chain),
            key: key(material),
            bundle: entries(&self.authority.root_pem()),
        };
        let job = text(&AgentJob { socket: socket.clone(), says: says.to_vec(), svid: Some(svid) })?;
        let (running, _) = self.sandbox.helper("fake-agent", &job).await.map_err(StepError::from)?;
        Ok(Agent { running, socket })
    }

    /// A path in the folder of the case.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.folder().join(name)
    }

    /// Runs the client under test to its end, without a job.
    pub(super) async fn ask(&self, arguments: &[&str], variables: &Variables) -> Result<ProcessOutput, StepError> {
        self.run(arguments, variables, "", PATIENCE).await
    }

    pub(super) async fn run(
        &self,
        arguments: &[&str],
        variables: &Variables,
        job: &str,
        limit: Duration,
    ) -> Result<ProcessOutput, StepError> {
        let running = self.start(arguments, variables, job).await?;
        self.end(running, arguments[0], limit).await
    }

    pub(super) async fn start(
        &self,
        arguments: &[&str],
        variables: &Variables,
        job: &str,
    ) -> Result<Running, StepError> {
        self.sandbox.start(arguments, variables, job).await.map_err(StepError::from)
    }

    /// Waits for a client under test. Its standard output becomes evidence; its standard error does not, because a
    /// faulty client may print its key there.
    pub(super) async fn end(&self, running: Running, name: &str, limit: Duration) -> Result<ProcessOutput, StepError> {
        let ran = running.end(limit).await.map_err(StepError::from)?;
        if ran.code == Some(MISUSED) {
            let error: String = ran.stderr.trim().chars().take(300).collect();
            return Err(StepError(format!("the client cannot use its arguments or its job: {error}")));
        }
        self.collect_lines(name, &ran.lines);
        Ok(ran)
    }

    /// Ends a server and returns one line per connection.
    pub(super) async fn close(&self, server: Server) -> Result<Vec<Value>, StepError> {
        let ran = server.running.end(PATIENCE).await.map_err(StepError::from)?;
        self.collect_lines("server", &ran.lines);
        Ok(ran.lines.into_iter().filter(|line| line.get("id").is_some()).collect())
    }

    /// Ends an agent and returns one line per call.
    pub(super) async fn dismiss(&self, agent: Agent) -> Result<Vec<Value>, StepError> {
        let ran = agent.running.end(PATIENCE).await.map_err(StepError::from)?;
        self.collect_lines("agent", &ran.lines);
        Ok(ran.lines.into_iter().filter(|line| line.get("call").is_some()).collect())
    }

    /// The output lines of every program, as evidence for the facts.
    pub(super) fn transcript(&self) -> Value {
        Value::Array(self.collected.lock().clone())
    }

    /// A text without the path of the sandbox, which differs from run to run.
    pub(super) fn scrubbed(&self, text: &str) -> String {
        text.replace(&self.sandbox.folder().display().to_string(), "<sandbox>")
    }

    fn collect_lines(&self, name: &str, lines: &[Value]) {
        self.collected.lock().push(json!({"who": name, "lines": lines}));
    }
}

impl Mounted {
    /// The three environment variables of the reference document.
    pub(super) fn variables(&self) -> Variables {
        let path = |file| self.0.directory().join(file).display().to_string();
        workload::FILE_VARIABLES.iter().map(|(variable, file)| (*variable, path(file))).collect()
    }

    pub(super) fn swap(&self, material: &Material, roots: &str) -> Result<(), StepError> {
        self.swap_text(&material.chain, material.key(), roots)
    }

    pub(super) fn swap_text(&self, chain: &str, key: &str, roots: &str) -> Result<(), StepError> {
        let files = files(chain, key, roots);
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        self.0.swap(&files).map_err(|error| StepError(format!("swap the client's files: {error}")))
    }
}

impl Server {
    pub(super) fn port(&self, id: &str) -> u16 {
        self.ports.get(id).copied().unwrap_or_default()
    }

    pub(super) fn url(&self, id: &str) -> String {
        format!("https://{NAME}:{}/whoami", self.port(id))
    }

    /// The ended connections of a case, with the instant of their lines.
    pub(super) fn connections(&self, id: &str) -> Vec<Line> {
        self.running.lines().into_iter().filter(|line| line.value["id"] == id).collect()
    }
}

impl Agent {
    /// The environment variable with its socket.
    pub(super) fn variables(&self) -> Variables {
        vec![(workload::SOCKET_VARIABLE, self.socket.display().to_string())]
    }
}

/// A new CA of this name.
pub(super) fn authority(name: &str) -> Result<Authority, StepError> {
    Authority::named(name).map_err(|error| StepError::of(&error))
}

/// A leaf that is valid for an hour from now.
pub(super) fn sign(authority: &Authority, spiffe: &str, dns: &[&str]) -> Result<Material, StepError> {
    sign_from(authority, spiffe, dns, Lifetime::ZERO)
}

/// A leaf that is valid for an hour from now + `start`, which may be negative.
pub(super) fn sign_from(
    authority: &Authority,
    spiffe: &str,
    dns: &[&str],
    start: Lifetime,
) -> Result<Material, StepError> {
    let dns: Vec<String> = dns.iter().map(|name| (*name).to_owned()).collect();
    let leaf = Leaf { spiffe, dns: &dns, lifetime: LIFETIME };
    authority.issue_from(&leaf, start).map_err(|error| StepError::of(&error))
}

/// A TLS case of a server that presents this material and requests a client certificate.
pub(super) fn case(id: &str, material: &Material) -> Case {
    let (chain, key) = (entries(&material.chain), Some(key(material)));
    Case { chain, key, request_certificate: true, ..Case::bare(id, Mode::Tls) }
}

/// A call of the client, in the identity of its files, that expects the SPIFFE ID of a healthy server.
pub(super) fn call(id: &str, port: u16) -> Call {
    Call { expect_id: Some(server_id()), ..Call::new(id, format!("https://127.0.0.1:{port}/whoami")) }
}

fn key(material: &Material) -> SecretBytes {
    entries(material.key()).swap_remove(0).0.into()
}

/// The bytes of every PEM block; one empty entry when there is none.
fn entries(pem: &str) -> Vec<Encoded> {
    let found: Vec<Encoded> = mtls_pki::pem_blocks(pem).into_iter().map(Encoded).collect();
    if found.is_empty() { vec![Encoded::default()] } else { found }
}

impl From<SandboxError> for StepError {
    fn from(error: SandboxError) -> Self {
        Self::of(&error)
    }
}

fn files<'a>(chain: &'a str, key: &'a str, roots: &'a str) -> [(&'static str, &'a str); 3] {
    [("tls.crt", chain), ("tls.key", key), ("ca.crt", roots)]
}

/// Exit code of the client for arguments or a job that it cannot use: a harness error.
const MISUSED: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_chain_are_its_entries() {
        let authority = authority("test").unwrap();
        let material = sign(&authority, &client_id(), &[]).unwrap();
        assert_eq!(entries(&material.chain).len(), 2);
        let root = mtls_pki::certificates(authority.root_pem().as_bytes()).unwrap();
        assert_eq!(entries(&authority.root_pem())[0].0, root[0]);
        assert_eq!(entries("nothing"), [Encoded::default()]);
    }
}
