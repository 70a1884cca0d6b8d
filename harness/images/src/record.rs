//! Writes digests into `stack.yaml` without changing anything else in the file.
//!
//! Not here: replacing an existing digest. The user removes the old digest by hand and sees both.

use super::error::BuildError;

/// The text with the digest inserted where that image has an empty one. `None` when there is no such place.
pub(super) fn digest(text: &str, upstream: &str, digest: &str) -> Option<String> {
    let empty = format!("upstream: {{name: \"{upstream}\", digest: \"\"}}");
    let full = format!("upstream: {{name: \"{upstream}\", digest: \"{digest}\"}}");
    text.contains(&empty).then(|| text.replacen(&empty, &full, 1))
}

/// Records digests in the file; the file is written once, completely.
pub(super) fn digests<'a>(
    file: &std::path::Path,
    found: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), BuildError> {
    let fail = |verb: &str| BuildError::file(format!("{verb} {}", file.display()));
    let before = std::fs::read_to_string(file).map_err(fail("read"))?;
    let mut text = before.clone();
    for (upstream, value) in found {
        text = digest(&text, upstream, value).ok_or_else(|| BuildError::Content {
            component: upstream.to_owned(),
            problem: format!(
                "{} has no `upstream: {{name: \"{upstream}\", digest: \"\"}}` on one line",
                file.display()
            ),
            fix: format!("write it like this, or record {value} by hand"),
        })?;
    }
    if text == before {
        return Ok(());
    }
    let beside = file.with_extension("yaml.new");
    std::fs::write(&beside, text).map_err(fail("write"))?;
    std::fs::rename(&beside, file).map_err(fail("replace"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_empty_digest_of_that_image_is_filled() {
        let text = "# kept\n  upstream: {name: \"a:1\", digest: \"\"}\n  upstream: {name: \"a:10\", digest: \"\"}\n";
        let filled = digest(text, "a:1", "sha256:x").unwrap();
        assert_eq!(filled, text.replacen("digest: \"\"", "digest: \"sha256:x\"", 1));
        assert_eq!(digest(&filled, "a:1", "sha256:y"), None);
        assert_eq!(digest(text, "b:1", "sha256:y"), None);
    }

    #[test]
    fn the_shipped_declaration_can_take_every_digest() {
        let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack/stack.yaml");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stack.yaml");
        std::fs::copy(shipped, &file).unwrap();
        let names = |file: &std::path::Path| -> Vec<(String, String)> {
            let stack = crate::Stack::read(file).unwrap();
            stack.images.into_iter().filter_map(|image| image.upstream).map(|one| (one.name, one.digest)).collect()
        };
        let empty: Vec<String> =
            names(&file).into_iter().filter(|(_, digest)| digest.is_empty()).map(|(name, _)| name).collect();
        digests(&file, empty.iter().map(|name| (name.as_str(), "sha256:0"))).unwrap();
        assert!(names(&file).iter().all(|(_, digest)| !digest.is_empty()));
    }
}
