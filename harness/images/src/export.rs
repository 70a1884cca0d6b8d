//! Images as files: docker-archives for `docker load`, `ctr images import` and `kind load image-archive`.
//!
//! Not an OCI layout, which older engines do not load; one platform each, which all importers accept.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::archive::{self, Built};
use super::assemble;
use super::error::BuildError;
use super::model::BuildRequest;
use super::node;
use super::plan::Plan;

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The name of the image in the file.
    pub image: String,
    /// The path of the file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
}

/// Writes one file for each image of the stack, and `node.tar`.
///
/// # Errors
///
/// When the stack has not been built, or a file cannot be written.
pub fn export(request: &BuildRequest, to: &Path) -> Result<Vec<Exported>, BuildError> {
    let plan = Plan::new(request)?;
    let unbuilt = || BuildError::Content {
        component: "export".to_owned(),
        problem: "the stack as it is declared now is not in the cache".to_owned(),
        fix: "run `cargo xtask images build` first".to_owned(),
    };
    let built = plan.cached().ok_or_else(unbuilt)?;
    let node = node::slot(&plan, &built, &[])?.facts::<node::Facts>();
    let node = node.filter(|node| node.image.is_whole()).ok_or_else(unbuilt)?;
    std::fs::create_dir_all(to).map_err(BuildError::file(format!("create {}", to.display())))?;
    let images = assemble::images(&plan.stack, &plan.sources.stack, &built, &plan.cache)?;
    let named = images.iter().map(|image| (file_name(&image.reference), image));
    named.chain([("node".to_owned(), &node.image)]).map(|(name, image)| file(to, &name, image)).collect()
}

fn file(folder: &Path, name: &str, image: &Built) -> Result<Exported, BuildError> {
    let path = folder.join(format!("{name}.tar"));
    let fail = || BuildError::file(format!("write {}", path.display()));
    let out = File::create(&path).map_err(fail())?;
    archive::write(std::slice::from_ref(image), BufWriter::with_capacity(1 << 20, out)).map_err(fail())?;
    let size = std::fs::metadata(&path).map_err(fail())?.len();
    Ok(Exported { image: image.reference.clone(), path, size })
}

/// The reference with characters replaced that file names cannot contain: `registry.k8s.io_pause_3.10.2`.
fn file_name(reference: &str) -> String {
    reference.replace(['/', ':'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_becomes_one_file_name() {
        assert_eq!(file_name("registry.k8s.io/coredns/coredns:v1.14.2"), "registry.k8s.io_coredns_coredns_v1.14.2");
    }

    #[test]
    fn nothing_is_exported_before_it_is_built() {
        let cache = tempfile::tempdir().unwrap();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let request = BuildRequest::current(workspace, cache.path().to_owned());
        let refused = export(&request, &cache.path().join("out")).unwrap_err().to_string();
        assert!(refused.contains("cargo xtask images build"), "{refused}");
        assert!(!cache.path().join("out").exists());
    }
}
