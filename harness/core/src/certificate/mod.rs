//! Certificates: what was proven of a release, signed, in a folder that anybody can check without a cluster.
//!
//! So far: keys, signed envelopes, and the files of a folder of somebody else. Only [`files`] reads a folder.

pub mod bundle;
pub mod envelope;
pub mod files;
pub mod key;
mod pem;
