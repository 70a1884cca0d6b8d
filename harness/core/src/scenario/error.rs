//! Why scenario files, case files and changes of the library cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};

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
    /// A file of a team's directory that no run reads.
    #[error("no run reads {}; scenarios are files <area>/<name>.yaml", path.display())]
    Stray { path: PathBuf },
    #[error("the {what} `{name}` exists twice: {} and {}; rename one", first.display(), second.display())]
    Twice { what: &'static str, name: String, first: PathBuf, second: PathBuf },
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
            Self::Catalogue(CatalogueError::Unreadable { .. })
            | Self::Stray { .. }
            | Self::Twice { .. }
            | Self::Unreadable { .. } => &[],
        }
    }

    /// The file that the problems are in, relative to the folder that was loaded; `None` for one that cannot be read.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Catalogue(CatalogueError::Wrong(problems)) | Self::Wrong(problems) => Some(&problems.file),
            Self::Catalogue(CatalogueError::Unreadable { .. })
            | Self::Stray { .. }
            | Self::Twice { .. }
            | Self::Unreadable { .. } => None,
        }
    }

    /// The file or folder that cannot be used as a whole.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Catalogue(CatalogueError::Unreadable { path, .. })
            | Self::Stray { path }
            | Self::Twice { first: path, .. }
            | Self::Unreadable { path, .. } => Some(path),
            Self::Catalogue(CatalogueError::Wrong(_)) | Self::Wrong(_) => None,
        }
    }

    /// For people at a terminal: excerpts where there is a file to excerpt, else the message and its cause.
    pub fn render(&self) -> String {
        match self {
            Self::Catalogue(CatalogueError::Wrong(problems)) | Self::Wrong(problems) => problems.render(),
            Self::Catalogue(CatalogueError::Unreadable { source, .. }) | Self::Unreadable { source, .. } => {
                format!("{self}: {source}\n")
            }
            Self::Stray { .. } | Self::Twice { .. } => format!("{self}\n"),
        }
    }
}
