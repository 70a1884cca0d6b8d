//! The prediction of `mtls_mesh` against what istiod pushes, for thousands of generated policies.
//!
//! In a kind world it makes namespaces of its own with pods that have a sidecar, applies generated policies in batches,
//! waits until istiod has pushed each batch, and compares for every pod and port the mode, and whether classes of callers
//! get in. What it made is deleted at the end, also after an error; policies of the root namespace concern the whole
//! world meanwhile.
//!
//! Not here: traffic. What a proxy does with what was pushed is seen by scenarios.

mod compare;
mod generate;
mod names;
mod world;

pub use compare::{Disagreement, Tally};

use self::{compare::compare, generate::Generator, world::Bed};
use mtls_kubernetes::Kube;

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct DifferentialRequest {
    /// At least so many policy sets: what concerns one pod in one batch is a set.
    pub sets: usize,
    /// Makes a run repeatable.
    pub seed: u64,
}

/// Generates, applies and compares. `progress` gets the tally after each batch.
///
/// # Errors
///
/// When the world refuses an object, or istiod does not push a batch in time.
pub async fn differential(
    kube: &Kube,
    request: DifferentialRequest,
    mut progress: impl FnMut(&Tally),
) -> Result<Tally, DifferentialError> {
    let bed = Bed::make(kube).await?;
    let compared = batches(&bed, request, &mut progress).await;
    bed.remove().await?;
    compared
}

async fn batches(
    bed: &Bed<'_>,
    request: DifferentialRequest,
    progress: &mut impl FnMut(&Tally),
) -> Result<Tally, DifferentialError> {
    let mut generator = Generator::new(request.seed);
    let mut tally = Tally::default();
    let mut number = 0;
    while tally.sets < request.sets {
        number += 1;
        let policies = generator.batch(number);
        bed.apply(&policies).await?;
        let objects = bed.policies().await?;
        let mut found = compare(&bed.pushed(number).await?, &objects)?;
        if !found.disagreements.is_empty() {
            // Policies of both kinds reach istiod on streams of their own: the batch may have been half there.
            mtls_engine::wait::pause(world::SETTLING).await;
            found = compare(&bed.pushed(number).await?, &objects)?;
        }
        tally.add(found);
        progress(&tally);
    }
    Ok(tally)
}

/// Why nothing can be compared.
#[derive(Debug, thiserror::Error)]
pub enum DifferentialError {
    #[error(transparent)]
    Kube(#[from] mtls_kubernetes::KubeError),
    #[error(transparent)]
    Wait(#[from] mtls_engine::wait::WaitError),
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, String),
}
