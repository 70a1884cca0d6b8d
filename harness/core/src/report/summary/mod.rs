//! `summary.md`, for a pipeline's step summary and for a comment on a pull request.
//!
//! The first screen of 60 lines has the decision, the counts, what is new since the baseline and what is not green. The
//! whole stays below the length that a comment may have: a part that would not fit is left out, and named.

mod details;
mod texts;
mod top;

use std::io::Write;

pub(super) use texts::{cell, code, line};
pub(super) use top::counts;

use super::{RenderError, Report};

type Part = fn(&Report, &mut dyn Write) -> Result<(), RenderError>;

/// Writes the report as Markdown.
///
/// # Errors
/// When the writer fails.
pub fn summary(report: &Report, writer: &mut dyn Write) -> Result<(), RenderError> {
    let mut text = Vec::new();
    top::top(report, &mut text)?;
    let mut left_out = Vec::new();
    for (name, part) in PARTS {
        let mut written = Vec::new();
        part(report, &mut written)?;
        if text.len() + written.len() > LONGEST {
            left_out.push(name);
        } else {
            text.append(&mut written);
        }
    }
    if !left_out.is_empty() {
        writeln!(text, "Too long for a comment, and in `report.html`: {}.", left_out.join(", "))?;
    }
    writer.write_all(&text)?;
    Ok(())
}

const PARTS: [(&str, Part); 7] = [
    ("waivers", details::waivers),
    ("requirements", details::requirements),
    ("controls", details::controls),
    ("ledgers", details::ledgers),
    ("sabotages", details::sabotages),
    ("environment", details::environment),
    ("certificate cases", details::cases),
];

/// Maximum length in bytes: a comment on GitHub has at most 65,536 characters.
const LONGEST: usize = 60_000;
