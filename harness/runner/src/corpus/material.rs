//! The certificates of a corpus, made once.

use std::collections::BTreeMap;

use mtls_core::scenario::cases::CaseFile;
use mtls_pki::{
    IssuingCa,
    forge::{ForgeError, Presented, Subject, flaw, forge},
};
use mtls_protocol::{Encoded, SecretBytes, attempts::Identity};

/// A case file with its certificates.
pub struct Corpus<'a> {
    pub file: &'a CaseFile,
    presented: BTreeMap<&'a str, Presented>,
    root: String,
}

impl<'a> Corpus<'a> {
    /// Makes the certificates of every case. Cases whose flaw this build cannot make are left out.
    ///
    /// # Errors
    ///
    /// When a flaw that this build supports cannot be made.
    pub fn make(file: &'a CaseFile, authority: &IssuingCa, spiffe: &str, now: i64) -> Result<Self, ForgeError> {
        let subject = Subject { side: file.presented_by, spiffe, now };
        let mut presented = BTreeMap::new();
        for case in &file.cases {
            // The loader has checked that the forge knows it.
            let Some(flaw) = flaw(&case.flaw).filter(|flaw| flaw.lacking().is_none()) else { continue };
            presented.insert(case.id.as_str(), forge(authority, &subject, flaw)?);
        }
        Ok(Self { file, presented, root: authority.root_pem() })
    }

    /// The anchor under which the valid cases are trusted, PEM.
    pub fn root_pem(&self) -> String {
        self.root.clone()
    }

    /// What the probe presents; `None` for a case that this build cannot make.
    pub(super) fn identity(&self, case: &str) -> Option<Identity> {
        let (chain, key) = self.entries(case)?;
        Some(Identity::Raw { chain, key, ca: None })
    }

    /// The certificate entries of a case with the key; `None` for a case that this build cannot make.
    pub(super) fn entries(&self, case: &str) -> Option<(Vec<Encoded>, SecretBytes)> {
        let presented = self.presented.get(case)?;
        let chain = presented.chain.iter().map(|entry| Encoded::from(entry.clone())).collect();
        Some((chain, presented.key_pkcs8.clone().into()))
    }
}
