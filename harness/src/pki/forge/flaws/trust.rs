//! Nothing at all, and who vouches for it.

use super::{super::recipe::Trust, Flaw};

pub(super) const FLAWS: &[Flaw] = &[
    Flaw::new("none", |_| ()),
    Flaw::new("no-certificate", |recipe| recipe.present = Vec::clear),
    Flaw::new("unknown-ca", |recipe| recipe.trust = Trust::Unknown),
    Flaw::new("same-name-other-key-ca", |recipe| recipe.trust = Trust::Twin),
    Flaw::new("self-signed", |recipe| recipe.trust = Trust::SelfSigned),
    Flaw::new("intermediate-missing", |recipe| recipe.present = |chain| chain.truncate(1)),
];
