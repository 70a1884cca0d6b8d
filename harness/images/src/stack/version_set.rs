//! Sets of versions: the current one, `stack.yaml`, and sets that differ in a few components, each in a file beside
//! it.
//!
//! Not here: the infrastructure trees that belong to a set (`fixtures/infra/stacks`).

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::parse::{self, StackError};
use super::{Component, Image, Stack};

/// The name of a set of versions: `current`, or a file `NAME.yaml` beside `stack.yaml`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct StackName(String);

/// The name of the set that `stack.yaml` alone declares.
const CURRENT: &str = "current";
const BASE: &str = "stack";

/// The differences from `stack.yaml`: each entry replaces the one with the same id or name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Differences {
    components: Vec<Component>,
    images: Vec<Image>,
}

impl Default for StackName {
    fn default() -> Self {
        Self(CURRENT.to_owned())
    }
}

impl From<&str> for StackName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl StackName {
    /// The folder below `trees` whose files replace those of the trees. `None` for the current set.
    #[must_use]
    pub fn overlay(&self, trees: &Path) -> Option<PathBuf> {
        (self.0 != CURRENT).then(|| trees.join("stacks").join(&self.0))
    }

    /// The file that declares it.
    pub(crate) fn file(&self, directory: &Path) -> PathBuf {
        directory.join(format!("{}.yaml", if self.0 == CURRENT { BASE } else { &self.0 }))
    }
}

impl Stack {
    /// Reads and checks a set of versions from the folder of `stack.yaml`.
    ///
    /// # Errors
    ///
    /// When the set does not exist, when a file cannot be read or is malformed, or when a reference does not resolve.
    pub fn read_set(directory: &Path, name: &StackName) -> Result<Self, StackError> {
        let base = directory.join(format!("{BASE}.yaml"));
        let stack = Self::read(&base)?;
        if name.0 == CURRENT {
            return Ok(stack);
        }
        let known = sets(directory);
        if !known.contains(name) {
            let names: Vec<&str> = known.iter().map(|name| name.0.as_str()).collect();
            let problem = format!("there is no set of versions `{name}`; there are {}", names.join(", "));
            return Err(StackError::Unresolved { file: directory.to_owned(), problem });
        }
        let file = name.file(directory);
        let text = parse::text(&file)?;
        stack
            .with(parse::decode(&file, &text)?)
            .and_then(Self::checked)
            .map_err(|problem| StackError::Unresolved { file, problem })
    }

    fn with(mut self, differences: Differences) -> Result<Self, String> {
        for component in differences.components {
            match self.components.iter_mut().find(|one| one.id == component.id) {
                Some(place) => *place = component,
                None => return Err(format!("stack.yaml has no component `{}` to replace", component.id)),
            }
        }
        for image in differences.images {
            match self.images.iter_mut().find(|one| one.name == image.name) {
                Some(place) => *place = image,
                None => return Err(format!("stack.yaml has no image `{}` to replace", image.name)),
            }
        }
        Ok(self)
    }
}

/// The names of all sets, the current one first.
fn sets(directory: &Path) -> Vec<StackName> {
    let files = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let declared = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut names: Vec<String> =
        declared.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).filter(|name| name != BASE).collect();
    names.sort();
    std::iter::once(StackName::default()).chain(names.into_iter().map(StackName)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stack")
    }

    #[test]
    fn every_shipped_set_is_sound_and_differs_from_the_current_one() {
        let names = sets(&shipped());
        assert_eq!(names, [StackName::default(), StackName::from("seed-era")]);
        let versions = |name: &StackName| {
            let stack = Stack::read_set(&shipped(), name).unwrap();
            let version = |id: &str| stack.component(id).unwrap().version.clone();
            (version("cert-manager"), version("spire"), version("istio"))
        };
        let (current, earlier) = (versions(&names[0]), versions(&names[1]));
        assert_eq!(earlier, ("v1.11.5".to_owned(), "1.13.3".to_owned(), current.2.clone()));
        assert_ne!(current.0, earlier.0);
        assert_ne!(current.1, earlier.1);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_there_are() {
        for name in ["seed", "../stack", "stack"] {
            let shown = Stack::read_set(&shipped(), &StackName::from(name)).unwrap_err().to_string();
            assert!(shown.ends_with("there are current, seed-era"), "{shown}");
        }
    }

    #[test]
    fn what_takes_nobodys_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let declare = |text: &str| {
            std::fs::copy(shipped().join("stack.yaml"), folder.path().join("stack.yaml")).unwrap();
            std::fs::write(folder.path().join("other.yaml"), text).unwrap();
            Stack::read_set(folder.path(), &StackName::from("other"))
        };
        let text = std::fs::read_to_string(shipped().join("seed-era.yaml")).unwrap();
        assert!(declare(&text).is_ok());
        let shown = declare(&text.replace("id: spire\n", "id: spyre\n")).unwrap_err().to_string();
        assert!(shown.ends_with("other.yaml: stack.yaml has no component `spyre` to replace"), "{shown}");
        let shown = declare(&text.replace("output: webhook,", "output: webhoko,")).unwrap_err().to_string();
        assert!(shown.contains("has no output `webhoko`"), "{shown}");
        let shown = declare(&text.replace("images:", "image:")).unwrap_err().to_string();
        assert!(shown.contains("other.yaml") && shown.contains("image"), "{shown}");
    }

    #[test]
    fn trees_of_a_set_lie_in_a_folder_of_its_name() {
        assert_eq!(StackName::default().overlay(Path::new("t")), None);
        assert_eq!(StackName::from("old").overlay(Path::new("t")), Some(PathBuf::from("t/stacks/old")));
    }
}
