//! One connection from name to answer; every stage is timed and every ending is distinct.
//!
//! The examined client has connections of its own; this code shares nothing with them, so that a mistake in one shows in
//! the other. Deliberately no retry and no downgrade. Sessions are resumed only for a probe that requests it. Whether an ending
//! is expected is not decided here.

pub mod alert;
mod failure;
mod http;
mod open;
mod plan;
mod present;
mod provider;
mod tap;
mod trace;
mod verify;

pub use failure::Failure;
pub use http::{HttpAnswer, HttpConnection, MAX_BODY, request};
pub use open::{Opened, open, open_prepared};
pub(crate) use open::{cipher_name, handshake, version_name};
pub use plan::{Prepared, Sessions, Sni, Tls, Transport};
pub use present::Credentials;
pub(crate) use provider::PROVIDER;
pub use tap::{Socket, Tap, Tapped};
pub use trace::{Trace, milliseconds};
pub use verify::ServerCheck;
