//! Removes layers that are no longer needed.
//!
//! A layer is needed when the last build used it, or when a cached node image refers to it. All others can be
//! rewritten from the components in seconds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::Cache;
use super::entry::FACTS;
use crate::error::BuildError;

impl Cache {
    /// Removes every layer except those in `used` and those that a cached node image refers to.
    pub(crate) fn prune_layers(&self, used: &BTreeSet<String>) -> Result<(), BuildError> {
        let layers = self.root.join("layers");
        let mut named = Vec::new();
        for kind in ["node", "node-pulled"] {
            let nodes = self.root.join(kind);
            let facts = |node: &String| fs::read_to_string(nodes.join(node).join(FACTS)).ok();
            named.extend(entries(&nodes)?.iter().filter_map(facts));
        }
        for key in entries(&layers)? {
            let needed = used.contains(&key) || named.iter().any(|facts| facts.contains(&key));
            if !needed {
                let place = layers.join(&key);
                fs::remove_dir_all(&place).map_err(BuildError::file(format!("remove {}", place.display())))?;
            }
        }
        Ok(())
    }
}

fn entries(folder: &Path) -> Result<Vec<String>, BuildError> {
    let fail = || BuildError::file(format!("read {}", folder.display()));
    fs::read_dir(folder)
        .map_err(fail())?
        .map(|entry| Ok(entry.map_err(fail())?.file_name().to_string_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_goes_when_no_build_and_no_node_image_needs_it() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        cache.prepare().unwrap();
        for key in ["used", "named", "left"] {
            let slot = cache.slot("layers", key);
            slot.keep(&slot.workspace().unwrap(), &key).unwrap();
        }
        let node = cache.slot("node", "image");
        let layer = cache.slot("layers", "named").directory().join("layer.tar");
        node.keep(&node.workspace().unwrap(), &layer).unwrap();

        cache.prune_layers(&BTreeSet::from(["used".to_owned()])).unwrap();

        let kept = entries(&root.path().join("layers")).unwrap();
        assert_eq!(kept.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["used", "named"].map(str::to_owned)));
    }
}
