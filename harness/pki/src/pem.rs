//! PEM files with certificates (RFC 7468). Blocks with other labels are skipped.

use base64::{Engine, engine::general_purpose::STANDARD};
use x509_parser::pem::Pem;

/// Why a text has no usable certificates.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    #[error("block {number} is not PEM: {problem}")]
    Block { number: usize, problem: String },
    #[error("there is no certificate in it")]
    Empty,
}

/// The DER of every `CERTIFICATE` block, in order.
///
/// # Errors
///
/// When a block is broken or there is none.
pub fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    let mut found = Vec::new();
    for (index, block) in Pem::iter_from_buffer(text).enumerate() {
        let block = block.map_err(|error| PemError::Block { number: index + 1, problem: error.to_string() })?;
        if block.label == "CERTIFICATE" {
            found.push(block.contents);
        }
    }
    if found.is_empty() { Err(PemError::Empty) } else { Ok(found) }
}

/// One certificate, in lines of 64 characters.
pub(super) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(64));
        lines.push_str(line);
        lines.push('\n');
        rest = next;
    }
    lines + "-----END CERTIFICATE-----\n"
}
