//! Binds one port per case and accepts on all of them until a stop is requested.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mtls_protocol::serve::{ConnectionLine, ServeJob};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use super::case::{BadCase, Ready};
use super::connection::Connection;

/// Bound listeners that do not accept yet.
#[derive(Debug)]
pub struct Serving {
    listeners: Vec<Listener>,
    ports: BTreeMap<String, u16>,
}

#[derive(Debug)]
struct Listener {
    id: String,
    ready: Arc<Ready>,
    socket: TcpListener,
}

impl Serving {
    /// Checks every case, then binds a free port for each.
    ///
    /// # Errors
    /// When a case cannot be served; the error names it.
    pub async fn bind(job: &ServeJob) -> Result<Self, BadCase> {
        if job.cases.is_empty() {
            return Err(BadCase::None);
        }
        let mut serving = Self { listeners: Vec::new(), ports: BTreeMap::new() };
        for case in &job.cases {
            let ready = Arc::new(Ready::of(case)?);
            let (socket, port) = bind(job.listen).await.map_err(|error| BadCase::Unusable {
                id: case.id.clone(),
                problem: format!("no port on {}: {error}", job.listen),
            })?;
            if serving.ports.insert(case.id.clone(), port).is_some() {
                return Err(BadCase::Twice(case.id.clone()));
            }
            serving.listeners.push(Listener { id: case.id.clone(), ready, socket });
        }
        Ok(serving)
    }

    /// The port of each case.
    #[must_use]
    pub fn ports(&self) -> &BTreeMap<String, u16> {
        &self.ports
    }

    /// Serves until `stop` resolves, ten minutes at most. Every accepted connection gets a line, including
    /// those still open at the end.
    ///
    /// # Errors
    /// Only when an internal task panicked.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        lines: mpsc::Sender<ConnectionLine>,
    ) -> Result<(), JoinError> {
        let (stopper, stop_receiver) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for listener in self.listeners {
            tasks.spawn(accept(listener, lines.clone(), stop_receiver.clone()));
        }
        drop((lines, stop_receiver));
        // Ends on a stop request or at the timeout.
        let _ = tokio::time::timeout(MAX_DURATION, stop).await;
        stopper.send_replace(true);
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

async fn bind(address: IpAddr) -> std::io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((address, 0)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

async fn accept(
    listener: Listener,
    lines: mpsc::Sender<ConnectionLine>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), JoinError> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop_requested(&mut stop) => break,
            accepted = listener.socket.accept() => {
                // A peer that gave up before it was accepted gets no line.
                let Ok((stream, remote)) = accepted else { continue };
                let peer = Connection::new(&listener.id, remote);
                connections.spawn(connection(peer, Arc::clone(&listener.ready), stream, lines.clone(), stop.clone()));
            }
            Some(ended) = connections.join_next(), if !connections.is_empty() => ended?,
        }
    }
    while let Some(ended) = connections.join_next().await {
        ended?;
    }
    Ok(())
}

async fn connection(
    mut peer: Connection,
    ready: Arc<Ready>,
    stream: TcpStream,
    lines: mpsc::Sender<ConnectionLine>,
    mut stop: watch::Receiver<bool>,
) {
    tokio::select! {
        () = stop_requested(&mut stop) => {}
        () = peer.serve(&ready, stream) => {}
    }
    // Without a receiver the line is discarded.
    let _ = lines.send(peer.into_line()).await;
}

/// Waits for a stop request; a dropped sender counts as one.
async fn stop_requested(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

const MAX_DURATION: Duration = Duration::from_mins(10);
