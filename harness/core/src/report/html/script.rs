//! The one script of the page, and the content policy that lets it run and nothing else load.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// Searches and filters; without it the page only lacks the search field.
pub(super) const SCRIPT: &str = include_str!("../../../templates/search.js");

/// The page's content policy (Content Security Policy Level 3): no network, no script but this one.
pub(super) fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}
