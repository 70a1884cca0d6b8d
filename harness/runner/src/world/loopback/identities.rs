//! The certificates of a loopback world: one volume per placement, in the layout of a mounted Secret.

use std::{collections::BTreeMap, io, path::Path, time::Duration};

use mtls_pki::{Authority, LEAF_LIFETIME, Leaf, Material, MintError};

use super::placements::{Name, Placements};
use crate::world::sandbox::Volume;

/// The certificate hierarchy and the identities that it has issued.
#[derive(Debug)]
pub(super) struct Identities {
    authority: Authority,
    held: BTreeMap<Name, IssuedIdentity>,
}

/// The certificate of one placement.
#[derive(Debug)]
struct IssuedIdentity {
    spiffe: String,
    volume: Volume,
    /// The certificate that it got first.
    first: Material,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Mint(#[from] MintError),
    #[error("{0} has no certificate in this world")]
    NoCertificate(String),
    #[error("the certificate of {name} cannot be written")]
    Volume {
        name: String,
        #[source]
        source: io::Error,
    },
}

impl Identities {
    /// Issues a leaf for every placement and mounts it below `folder`.
    pub(super) fn issue(placements: &Placements, folder: &Path) -> Result<Self, IdentityError> {
        let authority = Authority::generate()?;
        let servers = placements.servers.iter().map(|server| (&server.name, &server.spiffe));
        let callers = placements.callers.iter().map(|caller| (&caller.name, &caller.spiffe));
        let root = authority.root_pem();
        let mut held = BTreeMap::new();
        for (name, spiffe) in servers.chain(callers).chain(&placements.outsiders) {
            let (account, namespace) = name;
            let first = sign(&authority, name, spiffe, LEAF_LIFETIME)?;
            let directory = folder.join(format!("{namespace}.{account}"));
            let volume = Volume::create(&directory, &files(&first, &root))
                .map_err(|source| IdentityError::Volume { name: spelled(name), source })?;
            held.insert(name.clone(), IssuedIdentity { spiffe: spiffe.clone(), volume, first });
        }
        Ok(Self { authority, held })
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The folder with `tls.crt`, `tls.key` and `ca.crt`.
    pub(super) fn directory(&self, name: &Name) -> Option<&Path> {
        self.held.get(name).map(|held| held.volume.directory())
    }

    /// Swaps a new leaf with a new key into the volume, and returns its chain (PEM).
    pub(super) fn renew(&self, name: &Name, lifetime: Option<Duration>) -> Result<String, IdentityError> {
        let held = self.held(name)?;
        // A lifetime that the signer's type cannot hold is capped at the usual one.
        let lifetime = lifetime.and_then(|lifetime| lifetime.try_into().ok()).unwrap_or(LEAF_LIFETIME);
        let material = sign(&self.authority, name, &held.spiffe, lifetime)?;
        self.mount(name, held, &material)?;
        Ok(material.chain)
    }

    /// Swaps the first certificate back into the volume.
    pub(super) fn restore(&self, name: &Name) -> Result<(), IdentityError> {
        let held = self.held(name)?;
        self.mount(name, held, &held.first)
    }

    fn held(&self, name: &Name) -> Result<&IssuedIdentity, IdentityError> {
        self.held.get(name).ok_or_else(|| IdentityError::NoCertificate(spelled(name)))
    }

    fn mount(&self, name: &Name, held: &IssuedIdentity, material: &Material) -> Result<(), IdentityError> {
        let swapped = held.volume.swap(&files(material, &self.authority.root_pem()));
        swapped.map_err(|source| IdentityError::Volume { name: spelled(name), source })
    }
}

fn sign(
    authority: &Authority,
    (account, namespace): &Name,
    spiffe: &str,
    lifetime: time::Duration,
) -> Result<Material, MintError> {
    let dns = [format!("{account}.{namespace}.svc.cluster.local"), format!("{account}.{namespace}.svc")];
    authority.issue(&Leaf { spiffe, dns: &dns, lifetime })
}

fn spelled((account, namespace): &Name) -> String {
    format!("{namespace}/{account}")
}

/// The three files of a `kubernetes.io/tls` Secret.
fn files<'a>(material: &'a Material, root: &'a str) -> [(&'static str, &'a [u8]); 3] {
    [("tls.crt", material.chain.as_bytes()), ("tls.key", material.key().as_bytes()), ("ca.crt", root.as_bytes())]
}
