//! YAML that remembers where every key and value was written.
//!
//! Text goes in, a [`Node`] tree comes out; [`decode`] turns a node into any `Deserialize` type and blames the node
//! that did not fit. [`Problem`] is one complaint with its place and [`Problems`] all complaints about one file.
//! Nothing here knows what a scenario is.

mod decode;
mod documents;
mod node;
mod place;
mod problem;
mod rule;
mod suggest;

pub use decode::decode;
pub use documents::documents;
pub use node::{Content, Key, Node};
pub use place::Place;
pub use problem::{Problem, Problems};
pub use rule::Rule;
pub use suggest::nearest;
