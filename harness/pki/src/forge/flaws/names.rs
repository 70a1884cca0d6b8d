//! Names, and name constraints of CAs (X509-SVID section 2, RFC 5280 section 4.2.1.10).

use rcgen::{GeneralSubtree, NameConstraints};

use super::{
    super::{
        der::Node,
        recipe::{Name, critical},
    },
    Flaw,
};

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("no-san", |recipe| recipe.names.clear()),
    Flaw::new("dns-san-only", |recipe| recipe.names = vec![Name::Dns("client.example".to_owned())]),
    Flaw::new("uri-and-dns-san", |recipe| recipe.names.push(Name::Dns("client.example".to_owned()))),
    Flaw::new("two-uri-sans", |recipe| {
        recipe.names.push(Name::Uri("spiffe://x0tta6bl4.mesh/ns/other/sa/second".to_owned()));
    }),
    Flaw::new("foreign-trust-domain", |recipe| recipe.uri("spiffe://other.example/ns/a/sa/client")),
    Flaw::new("spiffe-trailing-slash", |recipe| recipe.map_uri(|uri| format!("{uri}/"))),
    Flaw::new("name-constraint-dns-violated", |recipe| {
        recipe.names.push(Name::Dns("client.example".to_owned()));
        recipe.under(|ca| ca.name_constraints = Some(permitted_dns("inside.example")));
    }),
    Flaw::new("name-constraint-dns-but-uri-san", |recipe| {
        recipe.under(|ca| ca.name_constraints = Some(permitted_dns("inside.example")));
    }),
    Flaw::new("uri-nc-permitted-match", |recipe| {
        recipe.under(|ca| ca.custom_extensions = vec![critical(NAME_CONSTRAINTS, uris(PERMITTED, OURS))]);
    }),
    Flaw::new("uri-nc-permitted-mismatch", |recipe| {
        recipe.under(|ca| ca.custom_extensions = vec![critical(NAME_CONSTRAINTS, uris(PERMITTED, OTHER))]);
    }),
    Flaw::new("uri-nc-excluded-match", |recipe| {
        recipe.under(|ca| ca.custom_extensions = vec![critical(NAME_CONSTRAINTS, uris(EXCLUDED, OURS))]);
    }),
    Flaw::new("uri-nc-excluded-other", |recipe| {
        recipe.under(|ca| ca.custom_extensions = vec![critical(NAME_CONSTRAINTS, uris(EXCLUDED, OTHER))]);
    }),
];

fn permitted_dns(tree: &str) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(tree.to_owned())],
        excluded_subtrees: Vec::new(),
    }
}

/// Name constraints with one URI host, which rcgen cannot express.
fn uris(which: u8, host: &str) -> Vec<u8> {
    let base = Node::primitive(UNIFORM_RESOURCE_IDENTIFIER, host);
    Node::sequence([Node::Constructed { tag: which, items: vec![Node::sequence([base])] }]).encode()
}

const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];
const PERMITTED: u8 = 0xa0;
const EXCLUDED: u8 = 0xa1;
const UNIFORM_RESOURCE_IDENTIFIER: u8 = 0x86;
/// The trust domain of the reference platform, which is the host of its SPIFFE IDs.
const OURS: &str = "x0tta6bl4.mesh";
const OTHER: &str = "other.example";
