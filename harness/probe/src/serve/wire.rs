//! Separates application bytes from TLS records on an unencrypted connection.

/// The number of bytes that are neither handshake nor alert: of a stream that starts with TLS only the
/// application data counts, any other stream counts in full.
pub(super) fn application_bytes(mut bytes: &[u8]) -> u64 {
    let mut count = 0;
    while let [kind @ 20..=24, 3, 0..=4, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        if *kind == APPLICATION_DATA {
            count += length as u64;
        }
        bytes = &rest[length..];
    }
    count + if looks_like_a_record(bytes) { 0 } else { bytes.len() as u64 }
}

/// Whether a client starts with TLS, as far as the bytes show.
pub(super) fn is_tls(bytes: &[u8]) -> bool {
    bytes.first() == Some(&HANDSHAKE)
}

/// The start of a record with an incomplete header.
fn looks_like_a_record(bytes: &[u8]) -> bool {
    bytes.len() < HEAD && matches!(bytes, [20..=24] | [20..=24, 3, ..])
}

const APPLICATION_DATA: u8 = 23;
const HANDSHAKE: u8 = 22;
const HEAD: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_application_said_counts() {
        let hello = [22, 3, 1, 0, 3, 1, 0, 0];
        let alert = [21, 3, 3, 0, 2, 2, 50];
        let data = [23, 3, 3, 0, 4, 9, 9, 9, 9];
        for (bytes, expected) in [
            (b"GET / HTTP/1.1\r\n".to_vec(), 16),
            (hello.to_vec(), 0),
            ([&hello[..], &alert[..]].concat(), 0),
            ([&hello[..], &data[..], &alert[..]].concat(), 4),
            ([&hello[..], b"GET /"].concat(), 5),
            (hello[..2].to_vec(), 0),
            (Vec::new(), 0),
        ] {
            assert_eq!(application_bytes(&bytes), expected, "{bytes:?}");
        }
    }
}
