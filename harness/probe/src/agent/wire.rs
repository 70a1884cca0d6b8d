//! Minimal HTTP/2 frames, gRPC messages and protocol buffers: enough for one call per connection.
//!
//! Not here: the meaning of messages. No flow control and no header compression: answers are small.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A received frame: kind, flags, stream, payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

// Frame types, then flags (RFC 9113 section 6).
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const END_STREAM: u8 = 1;
/// Length of the client's connection preface, in bytes.
pub const PREFACE: usize = 24;

/// Reads one frame.
///
/// # Errors
/// When the stream ends or breaks, and for a frame above the default size limit.
pub async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    if length > MAX_FRAME {
        return Err(io::Error::other("a frame longer than the default limit"));
    }
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).await?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Ok(Frame { kind: head[3], flags: head[4], stream, payload })
}

/// Encodes one frame.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = length(payload).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// `:status 200` from the static table, then the given fields.
#[must_use]
pub fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    [vec![0x88], trailers(fields)].concat()
}

/// Literal fields, not indexed; names and values shorter than 127 bytes.
#[must_use]
pub fn trailers(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            let text = &text.as_bytes()[..text.len().min(126)];
            block.push(u8::try_from(text.len()).unwrap_or_default());
            block.extend(text);
        }
    }
    block
}

/// A gRPC message, not compressed.
#[must_use]
pub fn message(body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(length(body).to_be_bytes());
    bytes.extend(body);
    bytes
}

/// A bytes field of a protocol buffer; field numbers below 16.
#[must_use]
pub fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or_default());
    bytes.extend(value);
    bytes
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// The frame size that every endpoint must accept, in bytes: RFC 9113 section 4.2.
const MAX_FRAME: u32 = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_survive_the_way() {
        let bytes = frame(DATA, END_STREAM, 5, b"abc");
        let read = read_frame(&mut bytes.as_slice()).await.unwrap();
        assert_eq!(read, Frame { kind: DATA, flags: END_STREAM, stream: 5, payload: b"abc".to_vec() });
        assert!(read_frame(&mut [255_u8; 9].as_slice()).await.is_err());
    }

    #[test]
    fn lengths_of_fields_are_varints() {
        assert_eq!(field(1, b"a"), [0x0a, 1, b'a']);
        assert_eq!(field(2, &[0; 300])[..3], [0x12, 0xac, 0x02]);
    }
}
