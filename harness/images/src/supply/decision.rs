//! The decision between cache, registry and source, and the line that describes it.
//!
//! Pure: input is the content of the cache and the answers of registries, output is the decision with its reason.

use std::fmt;

use super::registries::Answers;
use crate::held::{CachedImages, How};

/// The user's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// No preference: the cache, else upstream's registries, else from source.
    #[default]
    Any,
    /// Built here, even if a registry answers.
    FromSource,
    /// `HOST:PORT` or `HOST:PORT/PATH`, prefixed to every upstream name; queried even when the cache has everything.
    Mirror(String),
}

impl Wish {
    pub(super) fn mirror(&self) -> Option<&str> {
        match self {
            Self::Mirror(mirror) => Some(mirror),
            Self::Any | Self::FromSource => None,
        }
    }
}

/// The action without a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Use the cache.
    Cached(CachedImages, Why),
    /// Build everything here.
    Build(Why),
}

/// The reason for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The user's choice.
    Asked,
    /// No registry was needed.
    NotAsked,
    /// These registries do not answer, each with the reason.
    NoAnswer(Vec<(String, String)>),
    /// These registries answer, and have none of the images.
    NothingThere(Vec<String>),
}

/// The decision that needs no registry. `None` when registries must be queried.
pub(super) fn before_asking(wish: &Wish, held: &[CachedImages]) -> Option<Decision> {
    match wish {
        Wish::FromSource => Some(match held.iter().find(|held| held.how == How::Built) {
            Some(built) => Decision::Cached(built.clone(), Why::Asked),
            None => Decision::Build(Why::Asked),
        }),
        Wish::Any => last_used(held).map(|held| Decision::Cached(held.clone(), Why::NotAsked)),
        Wish::Mirror(_) => None,
    }
}

/// The decision after querying registries. `None` when one answers and must be queried for each image.
pub(super) fn after_asking(held: &[CachedImages], answers: &Answers) -> Option<Decision> {
    if !answers.yes.is_empty() {
        return None;
    }
    let why = Why::NoAnswer(answers.no.clone());
    Some(match last_used(held) {
        Some(held) => Decision::Cached(held.clone(), why),
        None => Decision::Build(why),
    })
}

fn last_used(held: &[CachedImages]) -> Option<&CachedImages> {
    held.iter().max_by_key(|held| held.used)
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cached(held, why) => {
                let how = match held.how {
                    How::Built => "built from source".to_owned(),
                    How::Pulled { pulled, all } => format!("{pulled} of {all} pulled"),
                };
                write!(formatter, "images: from the cache, {how}")?;
                match &held.made {
                    Some(made) => write!(formatter, " on {}", made.strftime("%Y-%m-%d"))?,
                    None => formatter.write_str(" before; the node image is put together again")?,
                }
                match why {
                    Why::Asked | Why::NotAsked => Ok(()),
                    Why::NoAnswer(_) | Why::NothingThere(_) => write!(formatter, "; {why}"),
                }
            }
            Self::Build(why) => write!(formatter, "images: built from source: {why}"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => formatter.write_str("--from-source"),
            Self::NotAsked => formatter.write_str("no registry was asked"),
            Self::NoAnswer(silent) => write!(formatter, "no registry answers ({})", by_reason(silent)),
            Self::NothingThere(registries) => {
                write!(formatter, "none of the images is there ({})", answering(registries))
            }
        }
    }
}

/// `a, b answer`.
pub(super) fn answering(registries: &[String]) -> String {
    let verb = if registries.len() == 1 { "answers" } else { "answer" };
    format!("{} {verb}", registries.join(", "))
}

/// `a, b: reason; c: other`: names with the same reason are grouped.
pub(super) fn by_reason(things: &[(String, String)]) -> String {
    let mut groups: Vec<(Vec<&str>, &str)> = Vec::new();
    for (thing, reason) in things {
        match groups.iter_mut().find(|(_, known)| known == reason) {
            Some((group, _)) => group.push(thing),
            None => groups.push((vec![thing], reason)),
        }
    }
    let groups: Vec<String> =
        groups.into_iter().map(|(things, reason)| format!("{}: {reason}", things.join(", "))).collect();
    groups.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PULLED: How = How::Pulled { pulled: 17, all: 20 };

    fn held(how: How, used: i64) -> CachedImages {
        let at = |second| jiff::Timestamp::from_second(1_795_000_000 + second).ok();
        CachedImages { how, made: at(0), used: at(used) }
    }

    fn silent() -> Answers {
        let no = [("docker.io", "no such host"), ("quay.io", "timeout"), ("registry.k8s.io", "no such host")];
        Answers { yes: Vec::new(), no: no.map(|(who, why)| (who.to_owned(), why.to_owned())).into() }
    }

    fn answered() -> Answers {
        Answers { yes: vec!["registry.k8s.io".to_owned()], ..silent() }
    }

    #[test]
    fn what_is_cached_is_taken_and_nobody_is_asked() {
        let both = [held(How::Built, 1), held(PULLED, 2)];
        let taken = before_asking(&Wish::Any, &both).unwrap();
        assert_eq!(taken, Decision::Cached(both[1].clone(), Why::NotAsked));
        assert_eq!(taken.to_string(), "images: from the cache, 17 of 20 pulled on 2026-11-18");
        let both = [held(How::Built, 2), held(PULLED, 1)];
        let taken = before_asking(&Wish::Any, &both).unwrap();
        assert_eq!(taken.to_string(), "images: from the cache, built from source on 2026-11-18");
    }

    #[test]
    fn from_source_never_takes_what_was_pulled() {
        let pulled = [held(PULLED, 9)];
        assert_eq!(before_asking(&Wish::FromSource, &pulled), Some(Decision::Build(Why::Asked)));
        let both = [held(How::Built, 1), held(PULLED, 9)];
        assert_eq!(before_asking(&Wish::FromSource, &both), Some(Decision::Cached(both[0].clone(), Why::Asked)));
        assert_eq!(Decision::Build(Why::Asked).to_string(), "images: built from source: --from-source");
    }

    #[test]
    fn a_mirror_is_asked_whatever_is_cached() {
        let mirror = Wish::Mirror("127.0.0.1:5000".to_owned());
        assert_eq!(before_asking(&mirror, &[held(How::Built, 1)]), None);
        assert_eq!(after_asking(&[held(How::Built, 1)], &answered()), None);
        let silent =
            Answers { yes: Vec::new(), no: vec![("127.0.0.1:5000".to_owned(), "connection refused".to_owned())] };
        assert_eq!(
            after_asking(&[held(How::Built, 1)], &silent).unwrap().to_string(),
            "images: from the cache, built from source on 2026-11-18; no registry answers (127.0.0.1:5000: connection refused)"
        );
    }

    #[test]
    fn without_a_registry_everything_is_built_and_the_line_says_why() {
        assert_eq!(before_asking(&Wish::Any, &[]), None);
        assert_eq!(after_asking(&[], &answered()), None);
        assert_eq!(
            after_asking(&[], &silent()).unwrap().to_string(),
            "images: built from source: no registry answers (docker.io, registry.k8s.io: no such host; quay.io: timeout)"
        );
    }
}
