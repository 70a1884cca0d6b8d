//! The ledger of a stream: what the client wrote of every request, joined with what the server wrote.
//!
//! Input: two logs as text, and what the stream was asked to be. Output: a [`Ledger`], and its facts. Pure: whoever has both
//! logs gets the same ledger. It carries no traffic and decides no verdict; what it cannot know for sure it calls a doubt.

mod again;
mod asked;
mod doubts;
mod facts;
mod join;
mod keys;
mod lines;
mod windows;

pub use again::{Again, again};
pub use asked::{Asked, Reach};
pub use facts::facts;
pub use join::{Ledger, join};
pub use lines::{ClientLog, ServerLog};

#[cfg(test)]
mod tests;
