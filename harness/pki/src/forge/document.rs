//! A certificate that can be edited and signed again (RFC 5280 section 4.1).

use rcgen::SigningKey;

use super::{
    der::{BIT_STRING, Node, OBJECT_IDENTIFIER, OCTET_STRING},
    error::ForgeError,
};

/// A certificate as its signed fields, algorithm and signature.
#[derive(Clone, Debug)]
pub(super) struct Document {
    to_be_signed: Vec<Node>,
    algorithm: Node,
    signature: Node,
}

/// Indices of the signed fields of a version 3 certificate.
pub(super) const VERSION: usize = 0;
pub(super) const SERIAL: usize = 1;
pub(super) const INNER_ALGORITHM: usize = 2;
pub(super) const KEY_INFO: usize = 6;
pub(super) const EXTENSIONS: usize = 7;

impl Document {
    /// # Errors
    ///
    /// When it is not a version 3 certificate with extensions, as all certificates that the forge edits are.
    pub(super) fn parse(der: &[u8]) -> Result<Self, ForgeError> {
        let Node::Constructed { items, .. } = Node::parse(der)? else { return Err(ForgeError::Shape) };
        let [Node::Constructed { items: to_be_signed, .. }, algorithm, signature] =
            <[Node; 3]>::try_from(items).map_err(|_| ForgeError::Shape)?
        else {
            return Err(ForgeError::Shape);
        };
        if to_be_signed.len() <= EXTENSIONS {
            return Err(ForgeError::Shape);
        }
        Ok(Self { to_be_signed, algorithm, signature })
    }

    /// The DER of the certificate, with its current signature.
    pub(super) fn encode(&self) -> Vec<u8> {
        let body = Node::sequence(self.to_be_signed.clone());
        Node::sequence([body, self.algorithm.clone(), self.signature.clone()]).encode()
    }

    /// The signed fields, in the order of the standard.
    pub(super) fn fields(&mut self) -> &mut Vec<Node> {
        &mut self.to_be_signed
    }

    /// Signs the current fields.
    ///
    /// # Errors
    ///
    /// When the key cannot sign.
    pub(super) fn sign(&mut self, key: &impl SigningKey) -> Result<(), ForgeError> {
        self.sign_over(&self.message(), key)
    }

    /// Replaces the signature with one over other bytes.
    ///
    /// # Errors
    ///
    /// When the key cannot sign.
    pub(super) fn sign_over(&mut self, message: &[u8], key: &impl SigningKey) -> Result<(), ForgeError> {
        self.set_signature(&key.sign(message)?);
        Ok(())
    }

    /// The bytes that the signature covers.
    pub(super) fn message(&self) -> Vec<u8> {
        Node::sequence(self.to_be_signed.clone()).encode()
    }

    pub(super) fn set_signature(&mut self, signature: &[u8]) {
        // The first byte of a BIT STRING is the number of unused bits.
        self.signature = Node::primitive(BIT_STRING, [&[0], signature].concat());
    }

    /// Sets the algorithm in both fields.
    #[cfg(feature = "legacy")]
    pub(super) fn set_algorithm(&mut self, algorithm: &Node) {
        self.to_be_signed[INNER_ALGORITHM] = algorithm.clone();
        self.algorithm = algorithm.clone();
    }

    /// The list of extensions.
    ///
    /// # Errors
    ///
    /// When the certificate has none.
    pub(super) fn extensions(&mut self) -> Result<&mut Vec<Node>, ForgeError> {
        let explicit = self.to_be_signed.get_mut(EXTENSIONS).and_then(Node::items_mut);
        explicit.and_then(|items| items.first_mut()).and_then(Node::items_mut).ok_or(ForgeError::Shape)
    }

    /// Replaces the content of an existing extension.
    ///
    /// # Errors
    ///
    /// When the certificate lacks the extension.
    pub(super) fn set_extension(&mut self, oid: &[u8], content: Vec<u8>) -> Result<(), ForgeError> {
        let extension = self.extensions()?.iter_mut().find(|extension| is(extension, oid)).ok_or(ForgeError::Shape)?;
        let value = extension.items_mut().and_then(|items| items.last_mut()).ok_or(ForgeError::Shape)?;
        *value = Node::primitive(OCTET_STRING, content);
        Ok(())
    }
}

/// Whether an extension has this identifier.
pub(super) fn is(extension: &Node, oid: &[u8]) -> bool {
    extension.items().first().is_some_and(|id| id.tag() == Some(OBJECT_IDENTIFIER) && id.body() == oid)
}

/// A new extension that is not critical.
pub(super) fn extension(oid: &[u8], content: Vec<u8>) -> Node {
    Node::sequence([Node::primitive(OBJECT_IDENTIFIER, oid), Node::primitive(OCTET_STRING, content)])
}
