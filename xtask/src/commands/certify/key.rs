//! The key that signs a certificate: a file of its owner's, a new one, or none.
//!
//! A private key is read from and written to the file that the user names, which its owner alone may read; it is never printed.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use mtls_core::certificate::key::SigningKey;

/// Who signs.
#[derive(Clone, clap::Args)]
#[group(id = "signer", required = true, multiple = false)]
pub(super) struct Signer {
    /// Sign with this key: ECDSA P-256, PKCS#8 in PEM, in a file that only its owner can read.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Make a key, write it to this file, which must not exist, and sign with it.
    #[arg(long, value_name = "FILE")]
    new_key: Option<PathBuf>,
    /// Sign nothing: somebody else signs the statements, for example cosign with a key of a KMS.
    #[arg(long)]
    unsigned: bool,
}

/// A key that can be used, as far as that is known before there is anything to sign.
pub(super) enum Signing {
    Nobody,
    Key(Box<SigningKey>),
    /// Where a new key goes. It is made with the certificate: an interrupted command leaves none behind.
    New(PathBuf),
}

impl Signer {
    /// Reads the key, or checks that a new one can be written.
    pub(super) fn open(&self) -> Result<Signing> {
        match (&self.key, &self.new_key) {
            (Some(path), _) => Ok(Signing::Key(Box::new(read(path)?))),
            (None, Some(path)) => {
                let path = std::path::absolute(path).context("find the folder of the key")?;
                if path.exists() {
                    bail!("{} is there already; an existing key is used with --key", path.display());
                }
                if !path.parent().is_some_and(Path::is_dir) {
                    bail!("{} is in no folder that exists", path.display());
                }
                Ok(Signing::New(path))
            }
            (None, None) => Ok(Signing::Nobody),
        }
    }
}

impl Signing {
    /// The key, made now if it is to be new.
    pub(super) fn key(self) -> Result<Option<SigningKey>> {
        match self {
            Self::Nobody => Ok(None),
            Self::Key(key) => Ok(Some(*key)),
            Self::New(path) => made(&path).map(Some),
        }
    }
}

fn read(path: &Path) -> Result<SigningKey> {
    let shown = path.display();
    let mode = fs::metadata(path).with_context(|| format!("read {shown}"))?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("{shown} can be read by others than its owner (mode {:o}); run `chmod 600 {shown}`", mode & 0o777);
    }
    let text = fs::read_to_string(path).with_context(|| format!("read {shown}"))?;
    SigningKey::read(&text).with_context(|| format!("{shown} is no key to sign with"))
}

fn made(path: &Path) -> Result<SigningKey> {
    let (key, text) = SigningKey::generate()?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("create {}; an existing key is used with --key", path.display()))?;
    file.write_all(text.reveal()).with_context(|| format!("write {}", path.display()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_its_owners_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let made = made(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap().public(), made.public());
        let again = super::made(&path).err().unwrap().to_string();
        assert!(again.contains("--key"), "{again}");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        made(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = read(&path).err().unwrap().to_string();
        assert!(refused.contains("mode 644") && refused.contains("chmod 600"), "{refused}");
    }
}
