//! A presented chain as lines. It is decoded by the forge's own DER tree, which also reads certificates that parsers
//! refuse. Keys, key identifiers, serial numbers and instants are left out.

use std::fmt::Write as _;

use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use crate::forge::{
    Presented,
    der::{INTEGER, Node, OBJECT_IDENTIFIER},
};

/// Lines per entry, leaf first. `root` is the anchor.
pub(super) fn chain(presented: &Presented, root: &[u8], now: i64) -> Vec<Vec<String>> {
    let above = |index: usize| presented.chain.get(index + 1).map_or(root, Vec::as_slice);
    let mut chain: Vec<Vec<String>> = presented
        .chain
        .iter()
        .enumerate()
        .map(|(index, der)| {
            entry(der, above(index), now).unwrap_or_else(|| vec![format!("no certificate: {}", start(der))])
        })
        .collect();
    if let Some(leaf) = chain.first_mut() {
        leaf.push(format!("private key {}", owner(presented)));
    }
    chain
}

/// Appends the lines in which `chain` and the control differ.
pub(super) fn difference(text: &mut String, chain: &[Vec<String>], control: &[Vec<String>], between: &[String]) {
    if chain.is_empty() {
        text.push_str("  nothing is presented\n");
    }
    for (index, lines) in chain.iter().enumerate() {
        let (name, expected) = match index {
            0 => ("leaf".to_owned(), control[0].as_slice()),
            last if last + 1 == chain.len() => ("issuing".to_owned(), control[1].as_slice()),
            number => (format!("between {number}"), between),
        };
        let lost = expected.iter().filter(|line| !lines.contains(line)).map(|line| format!("- {line}"));
        let gained = lines.iter().filter(|line| !expected.contains(line)).map(|line| format!("+ {line}"));
        let twice = lines.iter().enumerate().filter(|(at, line)| lines[..*at].contains(line));
        let twice = twice.map(|(_, line)| format!("+ again {line}"));
        for line in lost.chain(gained).chain(twice) {
            writeln!(text, "  {name} {line}").unwrap();
        }
    }
    let usual = control.len();
    if chain.len() != usual {
        writeln!(text, "  {} entries instead of {usual}", chain.len()).unwrap();
    }
}

fn entry(der: &[u8], issuer: &[u8], now: i64) -> Option<Vec<String>> {
    let tree = Node::parse(der).ok()?;
    let [signed, algorithm, _] = tree.items() else { return None };
    let mut fields = signed.items().iter().peekable();
    let version = fields.next_if(|field| field.tag() == Some(0xa0));
    let version = version.map_or(1, |version| u32::from(version.items()[0].body()[0]) + 1);
    let serial = fields.next().filter(|field| field.tag() == Some(INTEGER))?.body();
    let inner = fields.next()?;
    let issuer_name = name(fields.next()?);
    let validity: Vec<String> = fields.next()?.items().iter().map(|time| relative(time, now)).collect();
    let subject = name(fields.next()?);
    let key = fields.next()?;
    let mut lines = vec![
        format!("version {version}"),
        format!("serial {}", shape(serial)),
        format!("inner algorithm {}", oid(&inner.items()[0])),
        format!("issuer {issuer_name}"),
        format!("valid {}", validity.join(" to ")),
        format!("subject {subject}"),
        format!("key {}", public_key(key)),
    ];
    let extensions = fields.next().map(|explicit| explicit.items()[0].items()).unwrap_or_default();
    lines.extend(extensions.iter().map(extension));
    lines.push(format!("outer algorithm {}", oid(&algorithm.items()[0])));
    lines.push(format!("signature {}", signature(der, issuer)));
    Some(lines)
}

fn signature(der: &[u8], issuer: &[u8]) -> &'static str {
    let (Ok((_, certificate)), Ok((_, above))) = (X509Certificate::from_der(der), X509Certificate::from_der(issuer))
    else {
        return "of an unreadable certificate";
    };
    match certificate.verify_signature(Some(above.public_key())) {
        Ok(()) => "of the certificate above",
        Err(_) if certificate.verify_signature(None).is_ok() => "of itself",
        Err(_) => "of no certificate above",
    }
}

fn public_key(info: &Node) -> String {
    let algorithm: Vec<String> = info.items()[0].items().iter().map(oid).collect();
    format!("{} of {} bytes", algorithm.join(" "), info.items()[1].body().len() - 1)
}

/// The certificate to which the private key belongs.
fn owner(presented: &Presented) -> &'static str {
    let key = rcgen::KeyPair::try_from(presented.key_pkcs8.as_slice()).unwrap();
    let point = key.public_key_raw();
    let bits = |window: &[u8]| -> u32 { window.iter().zip(point).map(|(one, other)| (one ^ other).count_ones()).sum() };
    match presented.chain[0].windows(point.len()).map(bits).min() {
        Some(0) => "of the certificate",
        Some(1) => "of the certificate but for one bit",
        _ => "of another certificate",
    }
}

fn extension(extension: &Node) -> String {
    let items = extension.items();
    let (id, value) = (oid(&items[0]), items[items.len() - 1].body());
    let critical = if items.len() == 3 { " critical" } else { "" };
    let content = match (id.as_str(), Node::parse(value)) {
        ("2.5.29.14" | "2.5.29.35", Ok(_)) => "of a key".to_owned(),
        ("2.5.29.17", Ok(list)) => {
            let names: Vec<String> = list.items().iter().map(general_name).collect();
            format!("[{}]", names.join(", "))
        }
        (_, Ok(_)) if value.len() <= 40 => hex::encode(value),
        (_, Ok(_)) => format!("{} bytes", value.len()),
        (_, Err(error)) => error.to_string(),
    };
    format!("extension {id}{critical} {content}")
}

fn general_name(name: &Node) -> String {
    match name.tag() {
        Some(tag @ (0x82 | 0x86)) => {
            let text = String::from_utf8_lossy(name.body()).replace('\0', "<NUL>");
            let kind = if tag == 0x82 { "DNS" } else { "URI" };
            if text.len() > 200 { format!("{kind} of {} bytes", text.len()) } else { format!("{kind} {text}") }
        }
        tag => format!("name of type {tag:02x?}"),
    }
}

fn name(name: &Node) -> String {
    let parts: Vec<String> = name
        .items()
        .iter()
        .flat_map(Node::items)
        .filter_map(|pair| pair.items().get(1))
        .map(|value| String::from_utf8_lossy(value.body()).into_owned())
        .collect();
    format!("[{}]", parts.join(", "))
}

fn shape(serial: &[u8]) -> String {
    match serial {
        [0] => "zero".to_owned(),
        [first, ..] if first & 0x80 != 0 => format!("negative, {} bytes", serial.len()),
        // A leading zero makes every second serial a byte longer.
        _ if (16..=20).contains(&serial.len()) => "positive, up to 20 bytes".to_owned(),
        _ => format!("positive, {} bytes", serial.len()),
    }
}

/// The time relative to now, to the minute, so that a slow test gives the same text.
fn relative(time: &Node, now: i64) -> String {
    let text = String::from_utf8_lossy(time.body()).into_owned();
    let century = if time.tag() == Some(0x17) { "20" } else { "" };
    let parsed = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", format!("{century}{text}")).unwrap();
    let at = parsed.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let seconds = at - now;
    match seconds {
        -119..=0 => "moments ago".to_owned(),
        _ if seconds.abs() < 3600 => format!("{} min", (seconds - 30) / 60),
        _ if seconds.abs() < 86_400 => format!("{} h", (seconds + seconds.signum() * 300) / 3600),
        _ => format!("{} d", (seconds + 300) / 86_400),
    }
}

fn oid(node: &Node) -> String {
    if node.tag() != Some(OBJECT_IDENTIFIER) {
        return hex::encode(node.encode());
    }
    let mut numbers = Vec::new();
    let mut number = 0_u64;
    for byte in node.body() {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(number);
            number = 0;
        }
    }
    let first = numbers.remove(0);
    let top = (first / 40).min(2);
    let mut text = format!("{top}.{}", first - top * 40);
    for number in &numbers {
        write!(text, ".{number}").unwrap();
    }
    text
}

fn start(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".to_owned(),
        [b'-', ..] => "text".to_owned(),
        _ => format!(
            "{} bytes that begin with {:02x}{}",
            if bytes.len() == 100 { "100" } else { "some" },
            bytes[0],
            if Node::parse(&bytes[..bytes.len() - 1]).is_ok() { ", and one too many" } else { "" }
        ),
    }
}
