//! The ledger of a stream: the client's log of every request, joined with the server's.
//!
//! Input: two logs as text, and the specification of the stream. Output: a [`Ledger`], and its facts. Pure: the same
//! logs always give the same ledger. It sends no traffic and decides no verdict; doubtful data makes a caveat.

mod caveats;
mod certificate_use;
mod facts;
mod join;
mod lines;
mod rejoin;
mod stream_spec;
mod windows;

pub use facts::facts;
pub use join::{Ledger, join};
pub use lines::{ClientLog, ServerLog};
pub use rejoin::{Rejoined, rejoin};
pub use stream_spec::{Reach, StreamSpec};

#[cfg(test)]
mod tests;
