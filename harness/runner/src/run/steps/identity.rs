//! Obtains certificates for participants that present their own identity.

use std::time::Duration;

use jiff::Timestamp;
use mtls_core::{
    expectation::matching::parse_duration,
    scenario::model::{Identity, IdentityIssuer},
};
use mtls_kubernetes::Inverse;
use mtls_pki::{IssuingCa, Material, RogueRoot, certificates, chain_facts};

use crate::{
    run::{context::Context, error::StepError, undo::Undo},
    world::{Announce, IdentityRequest, MemberError, Work},
};

/// Default lifetime of a certificate; longer than any run.
const LIFETIME: Duration = Duration::from_hours(1);

/// `notAfter` of the leaf.
pub(super) fn expiry(material: &Material) -> Result<Timestamp, StepError> {
    let chain = certificates(material.chain.as_bytes()).map_err(|error| StepError::of(&error))?;
    let facts = chain_facts(&chain).map_err(StepError)?;
    let expiry = facts["leaf"]["not-after"].as_str().and_then(|instant| instant.parse().ok());
    expiry.ok_or_else(|| StepError("the certificate has no readable notAfter".to_owned()))
}

/// Issues a certificate: under a new untrusted root, or signed by the intermediate of the mesh.
pub(super) async fn material(context: &Context<'_>, member: &str, identity: &Identity) -> Result<Material, StepError> {
    match identity.issuer {
        IdentityIssuer::Rogue => RogueRoot::new("rogue root")
            .and_then(|root| root.client(&identity.spiffe))
            .map_err(|error| StepError::of(&error)),
        IdentityIssuer::Mesh => {
            // The loader has checked that it is a duration.
            let lifetime = identity.lifetime.as_deref().and_then(parse_duration).unwrap_or(LIFETIME);
            let request = IdentityRequest { purpose: member, spiffe: &identity.spiffe, lifetime };
            context.world.issue(request, &Announced(context)).await.map_err(|error| StepError::of(&error))
        }
    }
}

/// Creates a CA of the harness under the intermediate of the mesh. Its certificates are trusted wherever mesh
/// identities are.
pub(super) async fn issuing_ca(context: &Context<'_>) -> Result<IssuingCa, StepError> {
    context.world.issuing_ca(&Announced(context)).await.map_err(|error| StepError::of(&error))
}

/// Registers the objects that issuing creates, so that the end of the scenario deletes them.
struct Announced<'a>(&'a Context<'a>);

impl Announce for Announced<'_> {
    fn announce(&self, inverse: Inverse) -> Work<'_, Result<(), MemberError>> {
        Box::pin(async { self.0.will_undo("identity", Undo::Object(inverse)).await.map_err(MemberError::of) })
    }
}
