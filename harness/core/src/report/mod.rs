//! Reports: renders one judgement for a pipeline, a pull request, a terminal, a program and a release manager.
//!
//! Input: the record of a run. Output: text, handed to a writer. All renderers read one [`Report`], which is also the
//! published JSON, so all formats have the same facts.
//!
//! Nothing here opens a file, reads a clock or decides a verdict. [`write_all`] reads and writes through `evidence`.

mod baseline;
mod cases;
mod compare;
mod comparison;
mod controls;
mod detection;
mod documented_commands;
mod format;
mod groups;
mod headline;
mod html;
mod json;
mod junit;
mod latency;
mod ledgers;
mod let_in;
mod lifetimes;
mod redact;
mod repeat;
mod schema;
mod spans;
mod summary;
mod support;
mod svg;
mod table;
mod timeline;
mod view;
mod waivers;
mod withheld;
mod withheld_files;
mod write;

pub use baseline::{Baseline, NewlyRed};
pub use cases::{CaseGrid, beside, case_grids, case_line, case_markdown};
pub use compare::differences;
pub use comparison::{
    CheckChange, CheckFacts, DemandChange, Detail, FactChange, JudgedRun, Kind, LeftOut, LoneCheck, Problem,
    ProofChange, ReasonChange, RunComparison, RunInBrief, Seen, Setting, Shown, Time, Timed, Turn, Unusable,
    VersionChange, comparison_markdown, comparison_table,
};
pub use controls::ControlView;
pub use documented_commands::{DocumentedCommandFacts, DocumentedCommandView};
pub use html::{CasesPage, Page, html};
pub use json::json;
pub use junit::junit;
pub use latency::Latency;
pub use ledgers::{LedgerFacts, LedgerView, SerialPair};
pub use let_in::LetIn;
pub use lifetimes::Lifetime;
pub use redact::PublicRecord;
pub use repeat::{runs_summary, runs_table};
pub use schema::schema;
pub use spans::{Span, SpanKind};
pub use summary::summary;
pub use table::{Color, Rows, Style, table};
pub use view::{Cause, Mark, Phase, PlanFacts, Report};
pub use withheld_files::Withheld;
pub use write::{WriteError, read, write_all, write_all_against};

/// Errors of rendering: of the writer, or of the format.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the report page cannot be rendered")]
    Html(#[from] askama::Error),
    #[error("report.json cannot be written")]
    Json(#[from] serde_json::Error),
    #[error("junit.xml cannot be written")]
    Junit(#[from] quick_junit::SerializeError),
    #[error("the report cannot be written")]
    Write(#[from] std::io::Error),
}
