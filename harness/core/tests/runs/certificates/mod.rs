//! Certificates of canned records: what is in one, what speaks against one, and what somebody notices who did not make it.

mod claims;
mod records;
mod refusals;
mod tampering;
