//! Who holds which certificate: one volume per resident, in the layout of a mounted Secret.

use std::{collections::BTreeMap, io, path::Path};

use super::{
    residents::{Name, Residents},
    volume::Volume,
};
use crate::pki::{Authority, LEAF_LIFETIME, Leaf, Material, MintError};

/// The hierarchy, and what it has issued.
#[derive(Debug)]
pub(super) struct Identities {
    authority: Authority,
    volumes: BTreeMap<Name, Volume>,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error("write the certificate of {name}")]
    Volume {
        name: String,
        #[source]
        source: io::Error,
    },
}

impl Identities {
    /// Issues a leaf for every resident and mounts it below `folder`.
    pub(super) fn issue(residents: &Residents, folder: &Path) -> Result<Self, IdentityError> {
        let authority = Authority::generate()?;
        let servers = residents.servers.iter().map(|server| (&server.name, &server.spiffe));
        let callers = residents.callers.iter().map(|caller| (&caller.name, &caller.spiffe));
        let mut volumes = BTreeMap::new();
        for (name, spiffe) in servers.chain(callers) {
            let (account, namespace) = name;
            let dns = [format!("{account}.{namespace}.svc.cluster.local"), format!("{account}.{namespace}.svc")];
            let material = authority.issue(&Leaf { spiffe, dns: &dns, lifetime: LEAF_LIFETIME })?;
            let directory = folder.join(format!("{namespace}.{account}"));
            let root = authority.root_pem();
            let volume = Volume::create(&directory, &files(&material, &root))
                .map_err(|source| IdentityError::Volume { name: format!("{namespace}/{account}"), source })?;
            volumes.insert(name.clone(), volume);
        }
        Ok(Self { authority, volumes })
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The folder with `tls.crt`, `tls.key` and `ca.crt`.
    pub(super) fn directory(&self, name: &Name) -> Option<&Path> {
        self.volumes.get(name).map(Volume::directory)
    }
}

/// The three files of a `kubernetes.io/tls` Secret.
fn files<'a>(material: &'a Material, root: &'a str) -> [(&'static str, &'a [u8]); 3] {
    [("tls.crt", material.chain.as_bytes()), ("tls.key", material.key().as_bytes()), ("ca.crt", root.as_bytes())]
}
