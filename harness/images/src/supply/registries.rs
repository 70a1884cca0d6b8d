//! Whether registries answer and what they have, queried through the engine that will fetch the images.
//!
//! A refusal counts as an answer: a registry that does not know a name is reachable.
//!
//! Not here: fetching.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use mtls_engine::{Engine, EngineError};

use crate::error::BuildError;
use crate::pulled::{self, Offer};
use crate::stack::Upstream;

/// Timeout for all registries together to answer at all.
const ANSWER: Duration = Duration::from_secs(4);

/// Which registries answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    /// The registries that answered.
    pub(super) yes: Vec<String>,
    /// Those that did not, with the reason.
    pub(super) no: Vec<(String, String)>,
}

/// The image that a registry has under a name, or the reason why it has none.
pub(super) type Found = Result<Offer, String>;

/// The registry of a name: the mirror, or the host before the first slash.
pub(super) fn registry_of(upstream: &Upstream, mirror: Option<&str>) -> String {
    let name = mirror.unwrap_or(&upstream.name);
    match name.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host.to_owned(),
        _ if mirror.is_some() => name.to_owned(),
        _ => "docker.io".to_owned(),
    }
}

/// Queries all registries concurrently, each for the first of its names.
pub(super) async fn ask(engine: &Engine, names: &[&Upstream], mirror: Option<&str>) -> Answers {
    let mut questions: BTreeMap<String, String> = BTreeMap::new();
    for upstream in names {
        let registry = registry_of(upstream, mirror);
        questions.entry(registry).or_insert_with(|| pulled::asked(upstream, mirror));
    }
    let asked = questions.into_iter().map(async |(registry, name)| {
        let answer = engine.registry_digest_within(ANSWER, &name).await;
        (registry, answer)
    });
    let mut answers = Answers::default();
    for (registry, answer) in join_all(asked).await {
        match answer {
            // A registry that tells no digest is none to pull from by digest.
            Ok(None) => answers.no.push((registry, "it names no digest".to_owned())),
            Ok(Some(_)) => answers.yes.push(registry),
            Err(error) if refusal(&error).is_some() => answers.yes.push(registry),
            Err(EngineError::TimedOut { limit, .. }) => {
                answers.no.push((registry, format!("no answer within {} s", limit.as_secs())));
            }
            Err(error) => answers.no.push((registry, cause(&error))),
        }
    }
    answers
}

/// Looks up one name. A registry that did not answer is not queried again.
///
/// # Errors
///
/// Every result other than an image or the registry's refusal: another digest than recorded, a broken connection.
pub(super) async fn find(
    engine: &Engine,
    upstream: &Upstream,
    mirror: Option<&str>,
    answers: &Answers,
) -> Result<Found, BuildError> {
    let registry = registry_of(upstream, mirror);
    if let Some((_, why)) = answers.no.iter().find(|(silent, _)| *silent == registry) {
        return Ok(Err(format!("{registry} does not answer: {why}")));
    }
    match pulled::offer(engine, upstream, mirror).await {
        Ok(offer) => Ok(Ok(offer)),
        Err(BuildError::Engine(error)) => refusal(&error).map(Err).ok_or(BuildError::Engine(error)),
        Err(error) => Err(error),
    }
}

/// The registry's answer that it lacks the image, or denies access: public registries deny what does not exist.
fn refusal(error: &EngineError) -> Option<String> {
    match error {
        EngineError::Refused { status: 401 | 403 | 404, message, .. } => Some(short(message)),
        _ => None,
    }
}

fn cause(error: &EngineError) -> String {
    match error {
        EngineError::Refused { message, .. } => short(message),
        other => other.root_cause(),
    }
}

/// The last part of an error chain, which contains the cause.
fn short(message: &str) -> String {
    message.trim().rsplit(": ").next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_its_host_or_to_the_mirror() {
        let of = |name: &str, mirror| registry_of(&Upstream { name: name.to_owned(), digest: String::new() }, mirror);
        assert_eq!(of("registry.k8s.io/coredns/coredns:1", None), "registry.k8s.io");
        assert_eq!(of("istio/pilot:1", None), "docker.io");
        assert_eq!(of("registry.k8s.io/pause:3", Some("127.0.0.1:5000")), "127.0.0.1:5000");
        assert_eq!(of("registry.k8s.io/pause:3", Some("127.0.0.1:5000/upstream")), "127.0.0.1:5000");
        assert_eq!(of("registry.k8s.io/pause:3", Some("mirror")), "mirror");
    }

    #[test]
    fn only_a_refusal_says_that_there_is_no_such_image() {
        let answered = |status, message: &str| EngineError::Refused {
            what: "ask".to_owned(),
            status,
            message: message.to_owned(),
        };
        assert_eq!(refusal(&answered(404, "manifest unknown: manifest unknown")).as_deref(), Some("manifest unknown"));
        assert_eq!(refusal(&answered(403, "denied")).as_deref(), Some("denied"));
        let down = answered(500, "Get \"http://r/v2/\": dial tcp 127.0.0.1:1: connect: connection refused");
        assert_eq!(refusal(&down), None);
        assert_eq!(cause(&down), "connection refused");
        assert_eq!(refusal(&answered(429, "toomanyrequests: slow down")), None);
        let silent = EngineError::TimedOut { what: "ask".to_owned(), limit: ANSWER };
        assert_eq!(refusal(&silent), None);
    }
}
