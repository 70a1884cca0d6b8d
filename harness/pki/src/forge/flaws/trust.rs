//! No flaw, no certificate, and the certificate's issuer.

use super::{super::recipe::Trust, Flaw};

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("none", |_| ()),
    Flaw::new("no-certificate", |recipe| recipe.present = Vec::clear),
    Flaw::new("unknown-ca", |recipe| recipe.trust = Trust::Unknown),
    Flaw::new("same-name-other-key-ca", |recipe| recipe.trust = Trust::SameName),
    Flaw::new("self-signed", |recipe| recipe.trust = Trust::SelfSigned),
    Flaw::new("intermediate-missing", |recipe| recipe.present = |chain| chain.truncate(1)),
];
