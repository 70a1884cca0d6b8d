//! The network address of a server port.

/// Host and port at which a client reaches a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
}
