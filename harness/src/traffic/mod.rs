//! The ledger of a stream: what the client wrote of every request, joined with what the server wrote.
//!
//! Input: two logs as text, and what the stream was asked to be. Output: a [`Ledger`], and its facts. Pure: whoever has both
//! logs gets the same ledger. It carries no traffic and decides no verdict; what it cannot know for sure it calls a doubt.

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
