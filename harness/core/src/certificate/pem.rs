//! Text files with one key (RFC 7468).
//!
//! Input: a label and bytes, or text. Output: the other one. It does not interpret the bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The first block of a text: its label and its bytes. `None` when there is no whole block.
pub(super) fn block(text: &str) -> Option<(String, Vec<u8>)> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (label, rest) = rest.split_once(END_OF_MARK)?;
    let (body, _) = rest.split_once(&format!("{END}{label}{END_OF_MARK}"))?;
    let body: String = body.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    Some((label.to_owned(), STANDARD.decode(body).ok()?))
}

/// The text of one block, in lines of 64 characters.
pub(super) fn text(label: &str, bytes: &[u8]) -> String {
    let mut text = format!("{BEGIN}{label}{END_OF_MARK}\n");
    for (index, letter) in STANDARD.encode(bytes).chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text + &format!("\n{END}{label}{END_OF_MARK}\n")
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const END_OF_MARK: &str = "-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_as_it_was_written() {
        for length in [0, 1, 47, 48, 49, 200] {
            let bytes: Vec<u8> = (0..length).collect();
            assert_eq!(block(&text("A LABEL", &bytes)), Some(("A LABEL".to_owned(), bytes)));
        }
        assert!(text("A", &[0; 48]).lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn half_a_block_is_none() {
        let whole = text("A LABEL", b"bytes");
        assert_eq!(block(&whole[..whole.len() - 8]), None);
        assert_eq!(block(&whole.replace("END A", "END B")), None);
        assert_eq!(block(&whole.replace('Y', "!")), None);
        assert_eq!(block("a text"), None);
    }
}
