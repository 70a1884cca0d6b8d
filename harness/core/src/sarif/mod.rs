//! Problems of the linter as a SARIF 2.1.0 log (OASIS Standard, 27 March 2020), which code hosts show beside the lines.
//!
//! Input: complaints about files, and where these files are. Output: the log as text, with every rule, a region per
//! complaint, and fingerprints that stay the same when lines move. It finds nothing itself and writes no file.

mod fingerprint;
mod model;
mod place;

use std::path::Path;

use self::model::{
    ArtifactLocation, Driver, Level, Location, Message, PhysicalLocation, Region, ReportingDescriptor, Run, SarifLog,
    SarifResult, Tool,
};
use crate::{scenario::ScenarioError, yaml::Rule};

/// One complaint, with what a log says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    rule: &'static str,
    message: String,
    /// Relative to the source root, or a `file` URI.
    uri: String,
    /// `None` for a complaint about a whole file.
    region: Option<Region>,
    /// The text that is blamed; empty for a whole file.
    blamed: String,
}

/// Where the files of some complaints are. Both are absolute.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The folder that locations of the log are relative to: normally that of the repository.
    pub source_root: &'a Path,
    /// The folder that the file names of the complaints begin in.
    pub folder: &'a Path,
}

/// Rules about what is not a line of a file: `(word, explanation)`.
const OTHER_RULES: [(&str, &str); 3] = [
    (UNREADABLE, "A file or a folder that cannot be read."),
    (STALE_SCHEMA, "A schema.json that is not the one of this version."),
    (GAP, "A core requirement without scenario, or a core check without sabotage."),
];

const UNREADABLE: &str = "unreadable";
const STALE_SCHEMA: &str = "stale-schema";
const GAP: &str = "gap";

impl Listed {
    /// Every complaint of these errors.
    #[must_use]
    pub fn of_errors(errors: &[ScenarioError], origin: Origin<'_>) -> Vec<Self> {
        errors.iter().flat_map(|error| Self::of_error(error, origin)).collect()
    }

    fn of_error(error: &ScenarioError, origin: Origin<'_>) -> Vec<Self> {
        let Some(file) = error.file() else {
            // Such a path is as the user wrote it: relative to where the command runs.
            let path = origin.source_root.join(error.path().unwrap_or(origin.folder));
            return vec![Self::whole_file(UNREADABLE, error.render().trim_end(), &path, origin)];
        };
        let uri = place::uri(Path::new(file), origin);
        let listed = |problem: &crate::yaml::Problem| {
            let (region, blamed) = match problem.text() {
                Some(text) => (Some(place::region(text, problem.place)), place::blamed(text, problem.place)),
                None => (None, String::new()),
            };
            let help = problem.help.as_ref().map(|help| format!("\nHelp: {help}")).unwrap_or_default();
            let message = format!("{}{help}", problem.message);
            Self { rule: problem.rule.word(), message, uri: uri.clone(), region, blamed }
        };
        error.problems().iter().map(listed).collect()
    }

    /// The schema of the editor's that is not the one of this version.
    #[must_use]
    pub fn stale_schema(message: &str, file: &Path, origin: Origin<'_>) -> Self {
        Self::whole_file(STALE_SCHEMA, message, file, origin)
    }

    /// What a scenario, or the catalogue, leaves open.
    #[must_use]
    pub fn gap(message: &str, file: &Path, origin: Origin<'_>) -> Self {
        Self::whole_file(GAP, message, file, origin)
    }

    fn whole_file(rule: &'static str, message: &str, file: &Path, origin: Origin<'_>) -> Self {
        let uri = place::uri(file, origin);
        Self { rule, message: message.to_owned(), uri, region: None, blamed: String::new() }
    }
}

/// The log with these complaints, pretty and with a final line break. A log without complaints has an empty list of
/// results, which says that the linter found none.
///
/// # Errors
/// When it cannot be spelled as JSON.
pub fn log(listed: &[Listed]) -> Result<String, serde_json::Error> {
    let rules = rules();
    let mut prints = fingerprint::Fingerprints::default();
    let result = |one: &Listed| SarifResult {
        rule_id: one.rule.to_owned(),
        rule_index: rules.iter().position(|rule| rule.id == one.rule).unwrap_or_default(),
        level: Level::Error,
        message: Message { text: one.message.clone() },
        locations: vec![Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation::of(&one.uri),
                region: one.region.clone(),
            },
        }],
        partial_fingerprints: [(fingerprint::KEY.to_owned(), prints.next(one))].into(),
    };
    let results = listed.iter().map(result).collect();
    let driver =
        Driver { name: "mtls-e2e lint".to_owned(), semantic_version: env!("CARGO_PKG_VERSION").to_owned(), rules };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints".to_owned(), results };
    let log = SarifLog { schema: model::SCHEMA.to_owned(), version: model::VERSION.to_owned(), runs: vec![run] };
    serde_json::to_string_pretty(&log).map(|text| text + "\n")
}

fn rules() -> Vec<ReportingDescriptor> {
    let of_files = Rule::ALL.iter().map(|rule| (rule.word(), rule.explanation()));
    of_files.chain(OTHER_RULES).map(|(word, explanation)| ReportingDescriptor::of(word, explanation)).collect()
}
