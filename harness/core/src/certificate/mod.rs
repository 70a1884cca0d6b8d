//! Certificates: what was proven of a release, signed, in a folder that anybody can check without a cluster.
//!
//! Input: the record of a run, the records of its sabotages, and a profile. Output: the files of a certificate, or every reason against one;
//! and for whoever gets such a folder, an answer per question. Nothing here runs anything or knows what time it is; only [`files`] reads
//! a folder.

pub mod bundle;
pub mod claim;
pub mod content;
pub mod envelope;
pub mod files;
pub mod guide;
pub mod judged;
pub mod key;
pub mod manifest;
mod pem;
pub mod profile;
pub mod refusal;
pub mod rules;
pub mod source;
pub mod statement;
pub mod verify;
