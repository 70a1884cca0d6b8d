//! Participants: which of their keys go together.

use base64::Engine as _;
use std::time::Duration;

use super::Resolver;
use crate::{
    expectation::matching::spell_duration,
    scenario::{
        model::{Identity, IdentityIssuer, Participant},
        wire::{Hello, How, WireOptions},
    },
    yaml::{Node, Problem, Rule},
};

impl Resolver<'_> {
    pub(super) fn participants(&mut self, node: &Node) {
        for (name, member) in self.participants {
            let node = node.nearest(&["participants", name]);
            self.part(name, member, node);
            if let Some(identity) = &member.identity {
                self.identity(name, identity, node.nearest(&["identity"]));
            }
            if let Some(wire) = member.wire.as_ref().filter(|_| member.client.is_some()) {
                self.wire(name, member, wire, node.nearest(&["wire"]));
            }
        }
    }

    fn part(&mut self, name: &str, member: &Participant, node: &Node) {
        let message = match (&member.workload, &member.client) {
            (Some(_), None) if member.identity.is_some() => {
                "a workload presents the identity of its mesh, not an ephemeral one"
            }
            (Some(_), None) if member.wire.is_some() => "a workload answers; `wire` belongs to its clients",
            (Some(_), None) | (None, Some(_)) => return,
            (None, None) => "a participant is a `workload` or a `client`; this one is neither",
            (Some(_), Some(_)) => "a participant is a `workload` or a `client`, not both",
        };
        self.complain(Problem::new(Rule::Participants, node.place, format!("`{name}`: {message}")));
    }

    fn identity(&mut self, name: &str, identity: &Identity, node: &Node) {
        let Some(lifetime) = &identity.lifetime else { return };
        let place = node.nearest(&["lifetime"]).place;
        if identity.issuer != IdentityIssuer::Mesh {
            let message = format!("`{name}`: no program trusts a rogue certificate, whether or not it has expired");
            self.complain(
                Problem::new(Rule::Participants, place, message).help("remove `lifetime`, or write `issuer: mesh`"),
            );
        }
        if self.duration(lifetime, place).is_some_and(|lifetime| lifetime < SHORTEST) {
            let message = format!("`{name}`: {lifetime} is over before the first exchange is");
            let help = format!("{} is the least", spell_duration(SHORTEST));
            self.complain(Problem::new(Rule::Participants, place, message).help(help));
        }
    }

    fn wire(&mut self, name: &str, member: &Participant, wire: &WireOptions, node: &Node) {
        if *wire == WireOptions::default() {
            let problem = Problem::new(Rule::Empty, node.place, format!("`wire` of `{name}` changes nothing"));
            return self.complain(problem.help("write for example `tls: [\"1.2\"]`, or remove `wire`"));
        }
        let wrong = |key: &str, message: String, help: &str| {
            Problem::new(Rule::Wire, node.key(key).map_or(node.place, |key| key.place), message).help(help)
        };
        let lone = if wire.hello.is_some() { "hello" } else { "says" };
        if wire.is_lone() && (node.entries().count() > 1 || member.identity.is_some()) {
            let message =
                format!("`{name}`: after `{lone}` nothing is completed, so no exchange, certificate or header matters");
            self.complain(wrong(lone, message, "make it a participant of its own, without other keys"));
        }
        if wire.files && (member.sidecar || member.identity.is_some()) {
            let message =
                format!("`{name}` presents its files behind a sidecar anyway, and an `identity` instead of them");
            self.complain(wrong("files", message, "keep `files` for clients with `sidecar: false` and no `identity`"));
        }
        if member.sidecar {
            let own = ["tls", "alpn", "sni", "hello", "says"].into_iter().find(|key| node.key(key).is_some());
            if let Some(key) = own {
                let message = format!("`{name}` has a sidecar, which would decide instead of `{key}`");
                self.complain(wrong(key, message, "write `sidecar: false`"));
            }
        }
        if let Some(hello) = &wire.hello {
            self.hello(name, hello, node.nearest(&["hello"]));
        }
        if let Some(then) = &wire.then {
            if let Some(after) = &then.after {
                self.duration(after, node.nearest(&["then", "after"]).place);
            }
            let session = !member.sidecar && (wire.is_tls() || member.identity.is_some());
            if then.how == How::Resumed && !session {
                let message = format!("`{name}` has no session of its own to resume");
                self.complain(wrong(
                    "then",
                    message,
                    "write `sidecar: false` and give it an `identity`, or write `tls`",
                ));
            }
        }
    }

    fn hello(&mut self, name: &str, hello: &Hello, node: &Node) {
        let beside = Hello { raw: None, ..hello.clone() };
        if let Some(raw) = &hello.raw {
            if beside != Hello::default() {
                let message = format!("`{name}`: `raw` bytes are sent as they are, so they stand alone");
                let problem = Problem::new(Rule::Wire, node.place, message);
                self.complain(problem.help("keep `raw`, or describe the hello without it"));
            }
            let is_base64 = base64::engine::general_purpose::STANDARD.decode(raw).is_ok();
            if !is_base64 || raw.is_empty() {
                let place = node.nearest(&["raw"]).place;
                let problem = Problem::new(Rule::Wire, place, format!("`{name}`: `raw` is not base64 of some bytes"));
                self.complain(problem.help("`says: nothing` sends no byte at all"));
            }
        } else if beside == Hello::default() {
            let problem = Problem::new(Rule::Empty, node.place, format!("`hello` of `{name}` changes nothing"));
            self.complain(problem.help("write what is different about it, for example `versions: [\"1.1\"]`"));
        }
        if hello.fragment.is_some_and(|most| most == 0 || most > LONGEST_RECORD) {
            let place = node.nearest(&["fragment"]).place;
            let problem = Problem::new(Rule::Wire, place, format!("`{name}`: no record holds that many bytes"));
            self.complain(problem.help(format!("1 to {LONGEST_RECORD}")));
        }
        let lists = [
            ("ciphers", &hello.ciphers),
            ("groups", &hello.groups),
            ("signature-algorithms", &hello.signature_algorithms),
        ];
        for (key, words) in lists {
            for (word, item) in words.iter().zip(node.nearest(&[key]).items()) {
                if !is_code_point(word) {
                    let problem = Problem::new(Rule::Wire, item.place, format!("`{word}` is no code point of TLS"));
                    self.complain(problem.help("write its IANA name, or its number as \"0x1234\""));
                }
            }
        }
    }
}

/// Signing takes up to a second, certificates count in whole ones, and a probe listens for half of one.
const SHORTEST: Duration = Duration::from_secs(4);
/// RFC 8446 section 5.1.
const LONGEST_RECORD: u16 = 16_384;

/// A number of four digits, or what may be a name; which names there are is known to the client.
fn is_code_point(word: &str) -> bool {
    match word.strip_prefix("0x") {
        Some(digits) => digits.len() == 4 && digits.chars().all(|digit| digit.is_ascii_hexdigit()),
        None => !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'),
    }
}
