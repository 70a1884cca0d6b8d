//! DER (X.690) as a tree that can be edited, without knowledge of its content.
//!
//! A parsed tree encodes to the same bytes. Only one-byte tags and definite lengths are supported, which is all that
//! certificates use; anything else is an error with its position. [`Node::Raw`] inserts invalid encodings.

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Primitive {
        tag: u8,
        body: Vec<u8>,
    },
    Constructed {
        tag: u8,
        items: Vec<Self>,
    },
    /// Bytes that are encoded as they are, valid DER or not.
    Raw(Vec<u8>),
}

/// Bytes that are not DER, with the position of the first error.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not DER at byte {offset}: {problem}")]
pub struct DerError {
    offset: usize,
    problem: &'static str,
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
const CONSTRUCTED: u8 = 0x20;

impl Node {
    /// # Errors
    ///
    /// When the bytes are not exactly one element.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader { bytes, at: 0 };
        let node = reader.element(bytes.len())?;
        if reader.at == bytes.len() { Ok(node) } else { Err(reader.error("bytes after the element")) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Raw(bytes) => bytes.clone(),
            Self::Primitive { tag, body } => framed(*tag, body),
            Self::Constructed { tag, items } => framed(*tag, &items.iter().flat_map(Self::encode).collect::<Vec<_>>()),
        }
    }

    pub(crate) fn primitive(tag: u8, body: impl Into<Vec<u8>>) -> Self {
        Self::Primitive { tag, body: body.into() }
    }

    pub(crate) fn sequence(items: impl Into<Vec<Self>>) -> Self {
        Self::Constructed { tag: SEQUENCE, items: items.into() }
    }

    /// An `AlgorithmIdentifier` without parameters.
    pub(crate) fn algorithm(oid: &[u8]) -> Self {
        Self::sequence([Self::primitive(OBJECT_IDENTIFIER, oid)])
    }

    pub(crate) fn tag(&self) -> Option<u8> {
        match self {
            Self::Primitive { tag, .. } | Self::Constructed { tag, .. } => Some(*tag),
            Self::Raw(_) => None,
        }
    }

    /// Items of a constructed element; none of any other.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Constructed { items, .. } => items,
            Self::Primitive { .. } | Self::Raw(_) => &[],
        }
    }

    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<Self>> {
        match self {
            Self::Constructed { items, .. } => Some(items),
            Self::Primitive { .. } | Self::Raw(_) => None,
        }
    }

    /// The content of a primitive element; nothing of any other.
    pub(crate) fn body(&self) -> &[u8] {
        match self {
            Self::Primitive { body, .. } => body,
            Self::Constructed { .. } | Self::Raw(_) => &[],
        }
    }
}

fn framed(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len().to_be_bytes();
    let significant = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1)..];
    let mut bytes = vec![tag];
    if body.len() > 0x7f {
        // A length has at most eight bytes, so the count fits beside the flag.
        bytes.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
    }
    bytes.extend_from_slice(significant);
    bytes.extend_from_slice(body);
    bytes
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn element(&mut self, end: usize) -> Result<Node, DerError> {
        let tag = self.byte(end)?;
        if tag & 0x1f == 0x1f {
            return Err(self.error("a tag of more than one byte"));
        }
        let length = self.length(end)?;
        let stop = self.at.checked_add(length).filter(|stop| *stop <= end);
        let Some(stop) = stop else { return Err(self.error("a length beyond the end")) };
        if tag & CONSTRUCTED == 0 {
            let body = self.bytes[self.at..stop].to_vec();
            self.at = stop;
            return Ok(Node::Primitive { tag, body });
        }
        let mut items = Vec::new();
        while self.at < stop {
            items.push(self.element(stop)?);
        }
        Ok(Node::Constructed { tag, items })
    }

    fn length(&mut self, end: usize) -> Result<usize, DerError> {
        let first = self.byte(end)?;
        if first < 0x80 {
            return Ok(usize::from(first));
        }
        let mut length = 0_usize;
        for _ in 0..first & 0x7f {
            length = length << 8 | usize::from(self.byte(end)?);
            if length > self.bytes.len() {
                return Err(self.error("a length beyond the end"));
            }
        }
        if framed(0, &self.bytes[..length])[1] != first {
            return Err(self.error("a length that could be shorter"));
        }
        Ok(length)
    }

    fn byte(&mut self, end: usize) -> Result<u8, DerError> {
        let byte = self.bytes[..end].get(self.at).copied().ok_or_else(|| self.error("the end"))?;
        self.at += 1;
        Ok(byte)
    }

    fn error(&self, problem: &'static str) -> DerError {
        DerError { offset: self.at, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        for (length, head) in [
            (0, &[4, 0][..]),
            (0x7f, &[4, 0x7f]),
            (0x80, &[4, 0x81, 0x80]),
            (0x100, &[4, 0x82, 1, 0]),
            (70_000, &[4, 0x83, 1, 0x11, 0x70]),
        ] {
            let node = Node::primitive(OCTET_STRING, vec![7; length]);
            let bytes = node.encode();
            assert_eq!(bytes[..head.len()], *head, "{length}");
            assert_eq!(Node::parse(&bytes), Ok(node), "{length}");
        }
    }

    #[test]
    fn invalid_der_is_refused_with_its_position() {
        let rows: [(&[u8], &str); 7] = [
            (&[], "not DER at byte 0: the end"),
            (&[0x30], "not DER at byte 1: the end"),
            (&[0x30, 0x03, 0x02, 0x01], "not DER at byte 2: a length beyond the end"),
            (&[0x02, 0x81, 0x01, 0x00], "not DER at byte 3: a length that could be shorter"),
            (&[0x30, 0x80, 0x00, 0x00], "not DER at byte 2: a length that could be shorter"),
            (&[0x02, 0x01, 0x00, 0x00], "not DER at byte 3: bytes after the element"),
            (&[0x1f, 0x81, 0x01], "not DER at byte 1: a tag of more than one byte"),
        ];
        for (bytes, problem) in rows {
            assert_eq!(Node::parse(bytes).unwrap_err().to_string(), problem, "{bytes:02x?}");
        }
    }
}
