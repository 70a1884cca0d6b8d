//! Whether registries answer and what they have, queried through the engine that will fetch the images.
//!
//! A refusal counts as an answer: a registry that does not know a name is reachable.
//!
//! Not here: fetching.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::errors::Error;
use futures::future::join_all;

use crate::engine::Engine;
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
        let answer = tokio::time::timeout(ANSWER, engine.registry_digest(&name)).await;
        (registry, answer)
    });
    let mut answers = Answers::default();
    for (registry, answer) in join_all(asked).await {
        match answer {
            Ok(Ok(_)) => answers.yes.push(registry),
            Ok(Err(error)) if refusal(&error).is_some() => answers.yes.push(registry),
            Ok(Err(error)) => answers.no.push((registry, cause(&error))),
            Err(_) => answers.no.push((registry, format!("no answer within {} s", ANSWER.as_secs()))),
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
        Err(error) => refusal(&error).map(Err).ok_or(error),
    }
}

/// The registry's answer that it lacks the image, or denies access: public registries deny what does not exist.
fn refusal(error: &BuildError) -> Option<String> {
    match error {
        BuildError::Engine {
            source: Error::DockerResponseServerError { status_code: 401 | 403 | 404, message },
            ..
        } => Some(short(message)),
        _ => None,
    }
}

fn cause(error: &BuildError) -> String {
    match error {
        BuildError::Engine { source: Error::DockerResponseServerError { message, .. }, .. } => short(message),
        other => std::error::Error::source(other).map_or_else(|| other.to_string(), ToString::to_string),
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
        let answered = |status_code, message: &str| {
            BuildError::engine("ask")(Error::DockerResponseServerError { status_code, message: message.to_owned() })
        };
        assert_eq!(refusal(&answered(404, "manifest unknown: manifest unknown")).as_deref(), Some("manifest unknown"));
        assert_eq!(refusal(&answered(403, "denied")).as_deref(), Some("denied"));
        let down = answered(500, "Get \"http://r/v2/\": dial tcp 127.0.0.1:1: connect: connection refused");
        assert_eq!(refusal(&down), None);
        assert_eq!(cause(&down), "connection refused");
        assert_eq!(refusal(&answered(429, "toomanyrequests: slow down")), None);
        let wrong = BuildError::WrongDigest { image: String::new(), recorded: String::new(), found: String::new() };
        assert_eq!(refusal(&wrong), None);
    }
}
