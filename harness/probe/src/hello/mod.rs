//! Sends a hand-written `ClientHello`, and reads the server's first answer.
//!
//! For hellos that current TLS libraries do not send: old versions, weak ciphers, missing extensions, unusual
//! fragments, arbitrary bytes. No handshake is completed: the socket is closed after the first answer.

mod answer;
mod check;
mod message;
mod registry;
mod send;

pub use check::Hello;
pub use send::send_hello;
