//! A hostile server: it presents any bytes as its certificate, answers TLS in plaintext, stops answering
//! or closes, and records each client's reaction.
//!
//! For tests of clients. It accepts every client that its job does not restrict, and serves nothing of value.

mod case;
mod connection;
mod record;
mod run;
mod verifier;
mod wire;

pub use case::BadCase;
pub use run::Serving;
