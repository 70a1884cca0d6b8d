//! Why scenario files, case files and changes of the library cannot be used.

use std::{io, path::PathBuf};

use crate::{
    catalogue::CatalogueError,
    yaml::{Problem, Problems},
};

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ScenarioError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error("cannot read {}; scenarios are files <area>/<name>.yaml", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wrong(#[from] Problems),
}

impl ScenarioError {
    /// The rules that were broken, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Catalogue(CatalogueError::Wrong(problems)) | Self::Wrong(problems) => &problems.list,
            Self::Catalogue(CatalogueError::Unreadable { .. }) | Self::Unreadable { .. } => &[],
        }
    }

    /// For people at a terminal: excerpts where there is a file to excerpt, else the message and its cause.
    pub fn render(&self) -> String {
        match self {
            Self::Catalogue(CatalogueError::Wrong(problems)) | Self::Wrong(problems) => problems.render(),
            Self::Catalogue(CatalogueError::Unreadable { source, .. }) | Self::Unreadable { source, .. } => {
                format!("{self}: {source}\n")
            }
        }
    }
}
