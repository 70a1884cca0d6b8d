//! Encodes a hello: RFC 8446 section 4.1.2, and RFC 5246 section 7.4.1.2 for older versions.
//!
//! Key shares have the right form but no private key: the handshake is never finished.

use mtls_protocol::hello::{HelloVersion, Omitted};

use super::check::{Hello, MAX_RECORD};

/// The records to send. `sni` is the server name, if any.
pub(super) fn records(hello: &Hello<'_>, sni: Option<&str>) -> Vec<u8> {
    if let Some(raw) = &hello.job.raw {
        return raw.0.clone();
    }
    let message = message(hello, sni);
    let most = usize::from(hello.job.fragment.unwrap_or(MAX_RECORD));
    let mut records = Vec::new();
    for part in message.chunks(most) {
        records.extend([HANDSHAKE, 3, 1]);
        records.extend(sized(part));
    }
    records
}

fn message(hello: &Hello<'_>, sni: Option<&str>) -> Vec<u8> {
    let versions = or(&hello.job.versions, &[HelloVersion::Tls13, HelloVersion::Tls12]);
    let newest = versions.iter().max().copied().unwrap_or(HelloVersion::Tls12);
    let mut body = number(newest.min(HelloVersion::Tls12)).to_vec();
    body.extend(random());
    // A 1.3 client sends a session id for compatibility with middleboxes (RFC 8446 appendix D.4).
    if newest == HelloVersion::Tls13 {
        body.push(32);
        body.extend(random());
    } else {
        body.push(0);
    }
    body.extend(sized(&codes(&or(&hello.ciphers, &CIPHERS))));
    body.extend([1, 0]);
    body.extend(sized(&extensions(hello, sni, &versions)));

    let mut message = vec![CLIENT_HELLO, 0];
    message.extend(sized(&body));
    message
}

fn extensions(hello: &Hello<'_>, sni: Option<&str>, versions: &[HelloVersion]) -> Vec<u8> {
    let Hello { job, schemes, .. } = hello;
    let groups = or(&hello.groups, &GROUPS);
    let (newest, oldest) = (versions.iter().max(), versions.iter().min());
    let mut all = Vec::new();
    let mut add = |omitted: Option<Omitted>, code: u16, content: Vec<u8>| {
        if omitted.is_none_or(|name| !job.omit.contains(&name)) {
            all.extend(code.to_be_bytes());
            all.extend(sized(&content));
        }
    };
    if let Some(name) = sni {
        let entry = [vec![0], sized(name.as_bytes())].concat();
        add(None, 0, sized(&entry));
    }
    add(Some(Omitted::SupportedGroups), 10, sized(&codes(&groups)));
    if oldest < Some(&HelloVersion::Tls13) {
        add(Some(Omitted::EcPointFormats), 11, vec![1, 0]);
        add(Some(Omitted::ExtendedMasterSecret), 23, Vec::new());
        add(Some(Omitted::RenegotiationInfo), 0xff01, vec![0]);
    }
    // Older versions do not have this extension; it is sent if the job names algorithms.
    if newest >= Some(&HelloVersion::Tls12) || !schemes.is_empty() {
        add(Some(Omitted::SignatureAlgorithms), 13, sized(&codes(&or(schemes, &SCHEMES))));
    }
    if !job.alpn.is_empty() {
        let names: Vec<u8> = job.alpn.iter().flat_map(|name| short(name.as_bytes())).collect();
        add(None, 16, sized(&names));
    }
    if newest == Some(&HelloVersion::Tls13) {
        let offered: Vec<u8> = versions.iter().flat_map(|version| number(*version)).collect();
        add(Some(Omitted::SupportedVersions), 43, short(&offered));
        add(Some(Omitted::PskKeyExchangeModes), 45, vec![1, 1]);
        add(Some(Omitted::KeyShare), 51, sized(&key_share(&groups)));
    }
    all
}

/// One share, for the first supported group. No share results in a retry request.
fn key_share(groups: &[u16]) -> Vec<u8> {
    let share = groups.iter().find_map(|group| match *group {
        X25519 => Some((X25519, random().to_vec())),
        SECP256R1 => Some((SECP256R1, P256_BASE_POINT.to_vec())),
        _ => None,
    });
    share.map(|(group, value)| [group.to_be_bytes().to_vec(), sized(&value)].concat()).unwrap_or_default()
}

fn number(version: HelloVersion) -> [u8; 2] {
    match version {
        HelloVersion::Tls10 => [3, 1],
        HelloVersion::Tls11 => [3, 2],
        HelloVersion::Tls12 => [3, 3],
        HelloVersion::Tls13 => [3, 4],
    }
}

/// With a length prefix of two bytes. `Hello::of` ensures that the content fits.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), content].concat()
}

/// With a length prefix of one byte.
fn short(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[length], content].concat()
}

fn codes(list: &[u16]) -> Vec<u8> {
    list.iter().flat_map(|code| code.to_be_bytes()).collect()
}

fn or<T: Clone>(given: &[T], usual: &[T]) -> Vec<T> {
    if given.is_empty() { usual.to_vec() } else { given.to_vec() }
}

fn random() -> [u8; 32] {
    std::array::from_fn(|_| fastrand::u8(..))
}

const CLIENT_HELLO: u8 = 1;
const HANDSHAKE: u8 = 22;
const SECP256R1: u16 = 0x0017;
const X25519: u16 = 0x001d;
const CIPHERS: [u16; 16] = [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc00a, 0xc013, 0xc014, 0x009c,
    0x002f, 0x0035,
];
const GROUPS: [u16; 3] = [X25519, SECP256R1, 0x0018];
const SCHEMES: [u16; 10] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0807, 0x0806, 0x0201, 0x0203];

/// The base point of P-256 (SEC 2, section 2.4.2), uncompressed: a valid public value.
const P256_BASE_POINT: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(job: serde_json::Value) -> Vec<u8> {
        records(&Hello::of(&serde_json::from_value(job).unwrap()).unwrap(), Some("proxy-api"))
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn a_fragmented_hello_is_the_same_message_in_more_records() {
        let (whole, split) = (hello(serde_json::json!({})), hello(serde_json::json!({"fragment": 11})));
        let mut rest = split.as_slice();
        let (mut count, mut payload) = (0, 0);
        while let [22, 3, 1, 0, length, after @ ..] = rest {
            assert!(*length <= 11);
            (count, payload) = (count + 1, payload + usize::from(*length));
            rest = &after[usize::from(*length)..];
        }
        assert!(rest.is_empty() && count > 10, "{count} records");
        assert_eq!(payload, whole.len() - 5);
    }

    #[test]
    fn what_is_described_is_in_the_message() {
        let bytes = hello(serde_json::json!({"ciphers": ["0x1234"], "groups": ["0xabcd"], "alpn": ["h9"]}));
        for part in
            [&[0, 2, 0x12, 0x34][..], &[0, 10, 0, 4, 0, 2, 0xab, 0xcd], b"\x02h9", b"proxy-api", &[0, 51, 0, 2, 0, 0]]
        {
            assert!(contains(&bytes, part), "{part:?} in {bytes:?}");
        }
        let old = hello(serde_json::json!({"versions": ["1.1"]}));
        assert_eq!(old[9..11], [3, 2], "the version of the message");
        assert!(!contains(&old, &[0, 43, 0]), "no list of versions");
    }
}
