//! The scenarios that a command reads: those of the harness, and directories of teams beside them.
//!
//! Not here: which of them run.

use std::path::PathBuf;

use mtls_core::scenario::{self, Loaded};

use crate::paths;

#[derive(Clone, Debug, Default, clap::Args)]
#[group(id = "directories")]
pub(crate) struct Directories {
    /// Also read this directory of your own: <area>/<name>.yaml, and if it has them requirements.yaml, library/ and
    /// cases/. Its scenarios may use what the harness ships, and replace nothing of it. May be repeated.
    #[arg(long = "scenarios", value_name = "DIR")]
    pub(crate) own: Vec<PathBuf>,
}

impl Directories {
    /// Loads everything. Every problem is printed.
    ///
    /// # Errors
    /// The number of problems.
    pub(crate) fn load(&self) -> Result<Loaded, usize> {
        scenario::load_layers(&paths::scenarios(), &self.own).map_err(|errors| super::lint::shown(&errors))
    }

    /// The schema of each directory, which editors use.
    pub(crate) fn schemas(&self) -> Vec<PathBuf> {
        let shipped = paths::scenarios();
        std::iter::once(&shipped).chain(&self.own).map(|directory| directory.join("schema.json")).collect()
    }

    /// The options that name the directories again, for a command that is printed.
    pub(crate) fn options(&self) -> String {
        let options: Vec<String> =
            self.own.iter().map(|directory| format!(" --scenarios {}", directory.display())).collect();
        options.concat()
    }
}
