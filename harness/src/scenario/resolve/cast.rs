//! Cast members: what may be said about one at the same time.

use std::time::Duration;

use super::Resolver;
use crate::{
    expectation::matching::spell_duration,
    scenario::{
        model::{CastMember, Identity, IdentityIssuer, Mesh},
        wire::{Hello, How, WireOptions},
    },
    yaml::{Node, Problem, Rule},
};

/// Which part a cast member must be able to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Anyone,
    Caller,
    Server,
}

impl Resolver<'_> {
    pub(super) fn cast(&mut self, node: &Node) {
        for (name, member) in self.cast {
            let node = node.nearest(&["cast", name]);
            self.part(name, member, node);
            if let Some(identity) = &member.identity {
                self.identity(name, identity, node.nearest(&["identity"]));
            }
            if let Some(speech) = member.speaks.as_ref().filter(|_| member.client.is_some()) {
                self.speech(name, member, speech, node.nearest(&["speaks"]));
            }
        }
    }

    fn part(&mut self, name: &str, member: &CastMember, node: &Node) {
        let message = match (&member.workload, &member.client) {
            (Some(_), None) if member.identity.is_some() => {
                "a workload shows the identity of its mesh, not one made for it"
            }
            (Some(_), None) if member.speaks.is_some() => {
                "a workload answers; how it is spoken to is its callers' matter"
            }
            (Some(_), None) | (None, Some(_)) => return,
            (None, None) => "a cast member is a `workload` or a `client`; this is neither",
            (Some(_), Some(_)) => "a cast member is a `workload` or a `client`, not both",
        };
        self.complain(Problem::new(Rule::Cast, node.place, format!("`{name}`: {message}")));
    }

    fn identity(&mut self, name: &str, identity: &Identity, node: &Node) {
        let Some(lifetime) = &identity.lifetime else { return };
        let place = node.nearest(&["lifetime"]).place;
        if identity.issuer != IdentityIssuer::Mesh {
            let message = format!("`{name}`: nobody trusts a rogue certificate, whether or not it has expired");
            self.complain(Problem::new(Rule::Cast, place, message).help("drop `lifetime`, or write `issuer: mesh`"));
        }
        if self.duration(lifetime, place).is_some_and(|lifetime| lifetime < SHORTEST) {
            let message = format!("`{name}`: {lifetime} is over before the first exchange is");
            let help = format!("{} is the least", spell_duration(SHORTEST));
            self.complain(Problem::new(Rule::Cast, place, message).help(help));
        }
    }

    fn speech(&mut self, name: &str, member: &CastMember, speech: &WireOptions, node: &Node) {
        if *speech == WireOptions::default() {
            let problem = Problem::new(Rule::Empty, node.place, format!("`{name}` speaks in no way of its own"));
            return self.complain(problem.help("say how, for example `tls: [\"1.2\"]`, or drop `speaks`"));
        }
        let wrong = |key: &str, message: String, help: &str| {
            Problem::new(Rule::Speaks, node.key(key).map_or(node.place, |key| key.place), message).help(help)
        };
        let lone = if speech.hello.is_some() { "hello" } else { "says" };
        if speech.is_lone() && (node.entries().count() > 1 || member.identity.is_some()) {
            let message =
                format!("`{name}`: after `{lone}` nothing is completed, so no exchange, certificate or header matters");
            self.complain(wrong(lone, message, "give it a cast member of its own, with nothing beside it"));
        }
        if speech.files && (member.mesh == Mesh::In || member.identity.is_some()) {
            let message =
                format!("`{name}` shows its files in the mesh anyway, and an `identity` is shown instead of them");
            self.complain(wrong("files", message, "keep `files` for callers with `mesh: out` and no `identity`"));
        }
        if member.mesh == Mesh::In {
            let own = ["tls", "alpn", "sni", "hello", "says"].into_iter().find(|key| node.key(key).is_some());
            if let Some(key) = own {
                let message = format!("`{name}` is in the mesh: its sidecar would speak, not `{key}`");
                self.complain(wrong(key, message, "write `mesh: out`"));
            }
        }
        if let Some(hello) = &speech.hello {
            self.hello(name, hello, node.nearest(&["hello"]));
        }
        if let Some(then) = &speech.then {
            if let Some(after) = &then.after {
                self.duration(after, node.nearest(&["then", "after"]).place);
            }
            let session = member.mesh == Mesh::Out && (speech.is_tls() || member.identity.is_some());
            if then.how == How::Resumed && !session {
                let message = format!("`{name}` has no session of its own to resume");
                self.complain(wrong("then", message, "write `mesh: out` and give it an `identity`, or say `tls`"));
            }
        }
    }

    fn hello(&mut self, name: &str, hello: &Hello, node: &Node) {
        let beside = Hello { raw: None, ..hello.clone() };
        if let Some(raw) = &hello.raw {
            if beside != Hello::default() {
                let message = format!("`{name}`: `raw` bytes are sent as they are, so they stand alone");
                let problem = Problem::new(Rule::Speaks, node.place, message);
                self.complain(problem.help("keep `raw`, or describe the hello without it"));
            }
            let is_base64 = serde_json::from_value::<k8s_openapi::ByteString>(raw.as_str().into()).is_ok();
            if !is_base64 || raw.is_empty() {
                let place = node.nearest(&["raw"]).place;
                let problem = Problem::new(Rule::Speaks, place, format!("`{name}`: `raw` is not base64 of some bytes"));
                self.complain(problem.help("`says: nothing` sends no byte at all"));
            }
        } else if beside == Hello::default() {
            let problem = Problem::new(Rule::Empty, node.place, format!("`{name}` says a usual hello"));
            self.complain(problem.help("say what is different about it, for example `versions: [\"1.1\"]`"));
        }
        if hello.fragment.is_some_and(|most| most == 0 || most > LONGEST_RECORD) {
            let place = node.nearest(&["fragment"]).place;
            let problem = Problem::new(Rule::Speaks, place, format!("`{name}`: no record holds that many bytes"));
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
                    let problem = Problem::new(Rule::Speaks, item.place, format!("`{word}` is no code point of TLS"));
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
