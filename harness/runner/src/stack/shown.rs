//! The version information that a cluster exposes, and the parsing of its names.
//!
//! Not here: the component that a name belongs to.

/// The version information that a cluster exposes.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown<'a> {
    /// Images of running containers, as the runtime names them.
    pub images: Vec<&'a str>,
    /// The API server's version.
    pub server: &'a str,
    /// Name, kubelet version and operating system of each node.
    pub nodes: Vec<(&'a str, &'a str, &'a str)>,
}

/// The code name of the release in `Debian GNU/Linux 13 (trixie)`.
pub(super) fn debian(system: &str) -> Option<&str> {
    let (_, rest) = system.strip_prefix("Debian ")?.split_once('(')?;
    rest.strip_suffix(')')
}

/// Name and tag of an image, without its digest.
pub(super) fn split(reference: &str) -> (&str, Option<&str>) {
    let named = reference.split_once('@').map_or(reference, |(named, _)| named);
    match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (named, None),
    }
}
