//! Where a server is called.

/// Where a caller finds a server's port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
}
