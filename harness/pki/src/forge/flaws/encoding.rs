//! Encoding of a certificate (X.690, RFC 5280 sections 4.1 and 4.2), and chain entries that are no certificate.

use rcgen::CustomExtension;

use super::{
    super::{
        ForgeError,
        der::{INTEGER, Node, OCTET_STRING},
        document::{Document, EXTENSIONS, INNER_ALGORITHM, SERIAL, VERSION, extension, is},
        recipe::critical,
    },
    Flaw,
};
use crate::pem::pem;

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("surgery-noop", |recipe| recipe.edit = Some(|_| Ok(()))),
    Flaw::new("unknown-critical-ext", |recipe| {
        recipe.leaf.custom_extensions = vec![critical(UNKNOWN, Node::primitive(OCTET_STRING, "?").encode())];
    }),
    Flaw::new("duplicate-san-ext", |recipe| recipe.edit = Some(san_twice)),
    Flaw::new("two-san-exts", |recipe| recipe.edit = Some(second_san)),
    Flaw::new("empty-san-ext", |recipe| {
        recipe.edit = Some(|leaf| leaf.set_extension(SUBJECT_ALT_NAME, Node::sequence([]).encode()));
    }),
    Flaw::new("malformed-san-ext", |recipe| recipe.edit = Some(overrunning_san)),
    Flaw::new("basic-constraints-garbage", |recipe| {
        recipe.edit =
            Some(|leaf| leaf.set_extension(BASIC_CONSTRAINTS, Node::primitive(OCTET_STRING, "garbage").encode()));
    }),
    Flaw::new("version-1", |recipe| {
        recipe.edit = Some(|leaf| {
            leaf.fields().remove(EXTENSIONS);
            leaf.fields().remove(VERSION);
            Ok(())
        });
    }),
    Flaw::new("version-4", |recipe| {
        recipe.edit = Some(|leaf| {
            let four = Node::primitive(INTEGER, [3]);
            leaf.fields()[VERSION] = Node::Constructed { tag: 0xa0, items: vec![four] };
            Ok(())
        });
    }),
    Flaw::new("serial-negative", |recipe| recipe.edit = Some(|leaf| serial(leaf, &[0x80, 1, 2, 3, 4, 5, 6, 7]))),
    Flaw::new("serial-zero", |recipe| recipe.edit = Some(|leaf| serial(leaf, &[0]))),
    Flaw::new("serial-40-bytes", |recipe| recipe.edit = Some(|leaf| serial(leaf, &[0x5a; 40]))),
    Flaw::new("inner-sigalg-mismatch", |recipe| {
        recipe.edit = Some(|leaf| {
            leaf.fields()[INNER_ALGORITHM] = Node::algorithm(ECDSA_WITH_SHA384);
            Ok(())
        });
    }),
    Flaw::new("trailing-byte", |recipe| recipe.present = |chain| leaf(chain, |bytes| bytes.push(0))),
    Flaw::new("truncated", |recipe| recipe.present = |chain| leaf(chain, |bytes| bytes.truncate(100))),
    Flaw::new("pem-instead-of-der", |recipe| {
        recipe.present = |chain| {
            leaf(chain, |bytes| {
                *bytes = pem(bytes).into_bytes();
            });
        };
    }),
    Flaw::new("empty-certificate-bytes", |recipe| recipe.present = |chain| leaf(chain, Vec::clear)),
    Flaw::new("padding-40k-extension", |recipe| {
        recipe.leaf.custom_extensions = vec![CustomExtension::from_oid_content(UNKNOWN, vec![0; 40 * 1024])];
    }),
    Flaw::new("padding-70k-extension", |recipe| {
        recipe.leaf.custom_extensions = vec![CustomExtension::from_oid_content(UNKNOWN, vec![0; 70 * 1024])];
    }),
];

fn san_twice(leaf: &mut Document) -> Result<(), ForgeError> {
    let extensions = leaf.extensions()?;
    let san = extensions.iter().find(|extension| is(extension, SUBJECT_ALT_NAME)).cloned().ok_or(ForgeError::Shape)?;
    extensions.push(san);
    Ok(())
}

/// Adds a second extension with another identity: implementations differ in which one they use.
fn second_san(leaf: &mut Document) -> Result<(), ForgeError> {
    let uri = Node::primitive(0x86, "spiffe://x0tta6bl4.mesh/ns/other/sa/second");
    let second = extension(SUBJECT_ALT_NAME, Node::sequence([uri]).encode());
    leaf.extensions()?.push(second);
    Ok(())
}

/// Makes the name's length 32 bytes longer than its list.
fn overrunning_san(leaf: &mut Document) -> Result<(), ForgeError> {
    let uri = b"spiffe://x0tta6bl4.mesh/a";
    let mut name = vec![0x86, u8::try_from(uri.len()).map_err(|_| ForgeError::Shape)? + 32];
    name.extend_from_slice(uri);
    leaf.set_extension(SUBJECT_ALT_NAME, Node::sequence([Node::Raw(name)]).encode())
}

#[expect(clippy::unnecessary_wraps, reason = "every edit of a recipe has this type")]
fn serial(leaf: &mut Document, bytes: &[u8]) -> Result<(), ForgeError> {
    leaf.fields()[SERIAL] = Node::primitive(INTEGER, bytes);
    Ok(())
}

fn leaf(chain: &mut [Vec<u8>], change: impl Fn(&mut Vec<u8>)) {
    if let Some(leaf) = chain.first_mut() {
        change(leaf);
    }
}

/// An unknown extension, under the arc for examples (RFC 5612).
const UNKNOWN: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 2];
/// 2.5.29.17
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// 2.5.29.19
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// 1.2.840.10045.4.3.3
const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
