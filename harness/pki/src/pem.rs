//! PEM files with certificates (RFC 7468). Blocks with other labels are skipped.

use pem::{EncodeConfig, LineEnding};
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

/// The content of every block, whatever its label, in order; none if the text is not PEM.
pub fn pem_blocks(text: &str) -> Vec<Vec<u8>> {
    pem::parse_many(text).unwrap_or_default().into_iter().map(pem::Pem::into_contents).collect()
}

/// One certificate, in lines of 64 characters.
pub(super) fn pem(der: &[u8]) -> String {
    block("CERTIFICATE", der)
}

pub(super) fn block(label: &str, der: &[u8]) -> String {
    pem::encode_config(&pem::Pem::new(label, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}
