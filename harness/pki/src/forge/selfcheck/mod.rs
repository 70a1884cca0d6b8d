//! Tests of the forge: parsing and encoding change nothing, and each flaw is the only difference to a valid
//! certificate.

mod describe;

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Side, Subject, der::Node, flaw, flaws, forge};
use crate::{Authority, IssuingCa, Purpose, forge::Presented, validate};

const CLIENT: &str = "spiffe://x0tta6bl4.mesh/ns/x0tta6bl4-production/sa/client";

fn make(authority: &IssuingCa, side: Side, word: &str) -> Presented {
    make_at(authority, side, word, Timestamp::now().as_second())
}

fn make_at(authority: &IssuingCa, side: Side, word: &str, now: i64) -> Presented {
    let subject = Subject { side, spiffe: CLIENT, now };
    forge(authority, &subject, flaw(word).unwrap()).unwrap()
}

fn webpki(authority: &IssuingCa, presented: &Presented, purpose: Purpose) -> Result<(), String> {
    validate(&presented.chain, &[authority.root().to_vec()], purpose, Timestamp::now().as_second())
}

#[test]
fn a_parsed_certificate_encodes_to_the_same_bytes() {
    let authority = Authority::generate().unwrap().issuing().unwrap();
    let mut seen = vec![authority.root().to_vec()];
    for word in ["none", "intermediate-ok", "chain-20-intermediates", "uri-and-dns-san", "padding-70k-extension"] {
        seen.extend(make(&authority, Side::Client, word).chain);
    }
    assert!(seen.len() > 25);
    for der in seen {
        assert_eq!(Node::parse(&der).unwrap().encode(), der);
    }
}

#[test]
fn an_edit_that_changes_nothing_is_accepted() {
    let authority = Authority::generate().unwrap().issuing().unwrap();
    for purpose in [Purpose::ClientAuth, Purpose::ServerAuth] {
        assert_eq!(webpki(&authority, &make(&authority, Side::Client, "surgery-noop"), purpose), Ok(()));
    }
}

#[test]
fn an_issuing_ca_below_another_ca_works() {
    let authority = Authority::generate().unwrap().issuing().unwrap();
    let under = authority.sub_ca().unwrap();
    for word in ["none", "intermediate-ok", "surgery-noop", "chain-6-intermediates"] {
        let presented = make(&under, Side::Client, word);
        assert_eq!(webpki(&authority, &presented, Purpose::ClientAuth), Ok(()), "{word}");
    }
    assert_eq!(make(&under, Side::Client, "chain-6-intermediates").chain.len(), 7);
    assert_eq!(make(&authority, Side::Client, "chain-6-intermediates").chain.len(), 7);
    for word in ["path-len-exceeded", "intermediate-expired", "intermediate-not-ca", "intermediate-missing"] {
        assert!(webpki(&authority, &make(&under, Side::Client, word), Purpose::ClientAuth).is_err(), "{word}");
    }
}

/// The differences to the valid certificate, for each flaw: a second difference would be a second line.
#[test]
fn every_flaw_is_the_only_one() {
    let authority = Authority::generate().unwrap().issuing().unwrap();
    let now = Timestamp::now().as_second();
    let described = |side, word| describe::chain(&make_at(&authority, side, word, now), authority.root(), now);
    let control = described(Side::Client, "none");
    let between = described(Side::Client, "intermediate-ok").swap_remove(1);
    let mut text = String::from("control\n");
    for (name, lines) in ["leaf", "issuing"].iter().zip(&control) {
        for line in lines {
            writeln!(text, "  {name}: {line}").unwrap();
        }
    }
    for flaw in flaws().filter(|flaw| flaw.lacking().is_none()) {
        let presented = make_at(&authority, Side::Client, flaw.word, now);
        let chain = describe::chain(&presented, authority.root(), now);
        let judged = match webpki(&authority, &presented, Purpose::ClientAuth) {
            Ok(()) => "accepts".to_owned(),
            Err(reason) => format!("refuses: {}", reason.split([' ', '(']).next().unwrap()),
        };
        writeln!(text, "{} (webpki {judged})", flaw.word).unwrap();
        describe::difference(&mut text, &chain, &control, &between);
    }
    insta::with_settings!({
        snapshot_path => "../../../../../reports/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("forge", text);
    });
}
