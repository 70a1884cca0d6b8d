//! The hash chain of the event log: every line carries its own hash and that of the line before it.
//!
//! Input: an event and the hash before it, or a line that was read. Output: the line, or whether it is as it was
//! written. The chain shows damage and careless edits. It is no signature: a new chain can be computed for any content.

use serde::Deserialize;

use super::{digest::sha256, event::Entry};

/// A line with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub line: String,
    pub hash: String,
}

/// The state of a line in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// The line is as it was written, after the line with the hash `before`.
    Whole { before: String, hash: String },
    /// The line differs from the text that was hashed.
    Edited,
    /// The line carries no hashes: it was not written by [`seal`].
    None,
}

/// The hash that the first line carries as that of its predecessor.
#[must_use]
pub(super) fn origin(run: &str) -> String {
    sha256(run.as_bytes())
}

/// The line for an entry. Its hash is that of the text up to and including `before`.
pub(super) fn seal(entry: &Entry, before: &str) -> Result<Sealed, serde_json::Error> {
    let entry = serde_json::to_string(entry)?;
    let open = entry.strip_suffix('}').unwrap_or(&entry);
    let body = format!("{open},\"before\":\"{before}\"");
    let hash = sha256(format!("{body}}}").as_bytes());
    Ok(Sealed { line: format!("{body}{HASH}{hash}{END}"), hash })
}

/// Examines a line that is an event.
pub(super) fn examine(line: &[u8]) -> Seal {
    #[derive(Deserialize)]
    struct Claim {
        before: Option<String>,
        hash: Option<String>,
    }
    let claim = serde_json::from_slice(line).unwrap_or(Claim { before: None, hash: None });
    let (before, hash) = match (claim.before, claim.hash) {
        (Some(before), Some(hash)) => (before, hash),
        (None, None) => return Seal::None,
        _ => return Seal::Edited,
    };
    let tail = format!("{HASH}{hash}{END}");
    match line.strip_suffix(tail.as_bytes()) {
        Some(body) if sha256(&[body, b"}"].concat()) == hash => Seal::Whole { before, hash },
        _ => Seal::Edited,
    }
}

const HASH: &str = ",\"hash\":\"";
const END: &str = "\"}";

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::evidence::event::{Event, RunStatus};

    fn line() -> Sealed {
        let event = Event::RunEnded { status: RunStatus::Complete };
        seal(&Entry { seq: 3, at: Timestamp::UNIX_EPOCH, event }, &origin("run")).unwrap()
    }

    #[test]
    fn a_sealed_line_names_its_predecessor_and_is_an_event() {
        let Sealed { line, hash } = line();
        assert_eq!(examine(line.as_bytes()), Seal::Whole { before: origin("run"), hash });
        assert_eq!(serde_json::from_str::<Entry>(&line).unwrap().seq, 3);
        assert_eq!(origin("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn no_byte_can_be_changed() {
        let Sealed { line, .. } = line();
        for index in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[index] ^= 1;
            assert!(!matches!(examine(&bytes), Seal::Whole { .. }), "byte {index}");
        }
    }

    #[test]
    fn another_order_of_the_fields_is_an_edit() {
        let value: serde_json::Value = serde_json::from_str(&line().line).unwrap();
        assert_eq!(examine(value.to_string().as_bytes()), Seal::Edited);
        assert_eq!(examine(b"{\"seq\":3}"), Seal::None);
    }
}
