//! A hello of a job, checked, with its names as code points.

use mtls_protocol::hello::HelloJob;

use super::registry;

/// A hello that can be sent.
#[derive(Debug)]
pub struct Hello<'a> {
    pub(super) job: &'a HelloJob,
    pub(super) ciphers: Vec<u16>,
    pub(super) groups: Vec<u16>,
    pub(super) schemes: Vec<u16>,
}

impl<'a> Hello<'a> {
    /// Checks whether the hello is possible and its names are known.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub fn of(job: &'a HelloJob) -> Result<Self, String> {
        let described = !(job.versions.is_empty()
            && job.ciphers.is_empty()
            && job.groups.is_empty()
            && job.signature_algorithms.is_empty()
            && job.alpn.is_empty()
            && job.sni.is_none()
            && job.omit.is_empty());
        if job.raw.is_some() && (described || job.fragment.is_some()) {
            return Err("raw: bytes are sent unchanged, so no other field is allowed".to_owned());
        }
        if job.fragment == Some(0) {
            return Err("fragment: must be above 0".to_owned());
        }
        if job.fragment.is_some_and(|most| most > MAX_RECORD) {
            return Err(format!("fragment: a record holds at most {MAX_RECORD} bytes"));
        }
        if job.alpn.iter().any(|protocol| protocol.is_empty() || protocol.len() > 255) {
            return Err("alpn: a name has 1 to 255 bytes".to_owned());
        }
        if job.sni.as_ref().is_some_and(|name| name.len() > MAX_NAME) {
            return Err(format!("sni: at most {MAX_NAME} bytes"));
        }
        let lists = [job.ciphers.len(), job.groups.len(), job.signature_algorithms.len(), job.alpn.len()];
        if lists.iter().any(|length| *length > MAX_ENTRIES) {
            return Err(format!("lists have at most {MAX_ENTRIES} entries"));
        }
        let named = |field: &str, problem: String| format!("{field}: {problem}");
        Ok(Self {
            job,
            ciphers: registry::ciphers(&job.ciphers).map_err(|problem| named("ciphers", problem))?,
            groups: registry::groups(&job.groups).map_err(|problem| named("groups", problem))?,
            schemes: registry::schemes(&job.signature_algorithms)
                .map_err(|problem| named("signature_algorithms", problem))?,
        })
    }
}

const MAX_NAME: usize = 4_096;
pub(super) const MAX_RECORD: u16 = 16_384;
const MAX_ENTRIES: usize = 200;
