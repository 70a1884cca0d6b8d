//! What a fake agent says to a call.

use mtls_protocol::Encoded;
use mtls_protocol::agent::{AgentJob, CallAnswer, Svid};

use super::wire::field;

/// Checks whether a job is possible.
///
/// # Errors
/// A sentence that names the field.
pub fn check(job: &AgentJob) -> Result<(), &'static str> {
    if job.says.is_empty() {
        return Err("says: give at least one answer");
    }
    if job.says.contains(&CallAnswer::Svid) && job.svid.is_none() {
        return Err("svid: an answer returns it, so it is required");
    }
    Ok(())
}

/// The answer to the call with this number.
pub(super) fn says(job: &AgentJob, call: usize) -> CallAnswer {
    job.says.get(call).or(job.says.last()).copied().unwrap_or(CallAnswer::Unavailable)
}

/// `X509SVIDResponse` of the SPIFFE Workload API.
pub(super) fn response(svid: &Svid) -> Vec<u8> {
    let joined = |entries: &[Encoded]| entries.iter().flat_map(|entry| entry.0.clone()).collect::<Vec<u8>>();
    let parts =
        [svid.spiffe_id.as_bytes().to_vec(), joined(&svid.chain), svid.key.bytes().to_vec(), joined(&svid.bundle)];
    let svid: Vec<u8> = (1..).zip(&parts).flat_map(|(number, part)| field(number, part)).collect();
    field(1, &svid)
}
