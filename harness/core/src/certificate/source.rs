//! From which source a record was made: the commit, what differed from it, and the digests of what was read.
//!
//! A command that knows the working tree makes it, and records it as a fact of the environment. This module opens no file and asks no git.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The key of the `environment` event.
pub const TOPIC: &str = "source";

/// The working tree of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Source {
    /// The commit in hex.
    pub commit: String,
    /// Files that differ from it, untracked ones included.
    pub changed: Vec<String>,
    /// [`tree_digest`] of the infrastructure trees.
    pub infrastructure: String,
    /// [`tree_digest`] of the scenarios.
    pub scenarios: String,
}

/// SHA-256 of files with their names, `sha256:` and hex; the same in any order.
#[must_use]
pub fn tree_digest(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> String {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort();
    let mut hash = Sha256::new();
    for (name, bytes) in files {
        // Lengths keep names and contents apart.
        hash.update(format!("{} {} {name}\n", name.len(), bytes.len()));
        hash.update(bytes);
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_one_digest_whatever_the_order() {
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let digest = tree_digest([file("a", "1"), file("b", "2")]);
        assert_eq!(digest, tree_digest([file("b", "2"), file("a", "1")]));
        for other in [
            vec![file("a", "1")],
            vec![file("a", "2"), file("b", "1")],
            vec![file("a", "12"), file("b", "")],
            vec![file("a", "1"), file("c", "2")],
        ] {
            assert_ne!(digest, tree_digest(other));
        }
    }
}
