//! The CAs between leaf and anchor (RFC 5280 section 6.1.4).

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use super::Flaw;

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("intermediate-ok", |recipe| recipe.under(|_| ())),
    Flaw::new("intermediate-not-ca", |recipe| recipe.under(|ca| ca.is_ca = IsCa::ExplicitNoCa)),
    Flaw::new("intermediate-no-cert-sign", |recipe| {
        recipe.under(|ca| ca.key_usages = vec![KeyUsagePurpose::CrlSign]);
    }),
    Flaw::new("intermediate-eku-server-only", |recipe| {
        recipe.under(|ca| ca.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    }),
    Flaw::new("intermediate-eku-client-only", |recipe| {
        recipe.under(|ca| ca.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]);
    }),
    Flaw::new("path-len-exceeded", |recipe| {
        recipe.under(|ca| ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
        recipe.under(|_| ());
    }),
    Flaw::new("chain-4-intermediates", |recipe| recipe.depth(4)),
    Flaw::new("chain-6-intermediates", |recipe| recipe.depth(6)),
    Flaw::new("chain-7-intermediates", |recipe| recipe.depth(7)),
    Flaw::new("chain-20-intermediates", |recipe| recipe.depth(20)),
    // TLS 1.3 allows a server to accept any order (RFC 8446 section 4.4.2); TLS 1.2 demands leaf first, then issuers.
    Flaw::new("chain-out-of-order", |recipe| {
        recipe.under(|_| ());
        recipe.present = |chain| {
            if let Some(upper) = chain.get_mut(1..) {
                upper.reverse();
            }
        };
    }),
];
