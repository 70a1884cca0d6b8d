//! `report.html`: one file for a release manager, readable without a network, without scripts and on paper.
//!
//! The inline script searches and filters; its hash is in the page's content policy, so no other script can run.
//!
//! [`Page`] holds all texts of the template; snapshots compare it instead of markup.

mod badge;
mod cases;
mod detection;
mod documented_commands;
mod facts;
mod failures;
mod grid;
mod ledgers;
mod levels;
mod matrix;
mod overview;
mod page;
mod plots;
mod rows;
mod script;
mod waivers;

use std::{fmt::Write as _, io::Write};

use askama::Template as _;

pub use cases::CasesPage;
pub use page::Page;

use super::{RenderError, Report};

/// Writes the report as one HTML file.
///
/// # Errors
/// When the writer fails.
pub fn html(report: &Report, writer: &mut dyn Write) -> Result<(), RenderError> {
    let page = Page::of(report);
    writer.write_all(visible(&page.render()?).as_bytes())?;
    Ok(())
}

/// The page with characters that would hide or turn round the text after them in sight: controls, and the marks that set
/// the direction of writing (Unicode Standard Annex 9).
fn visible(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for letter in page.chars() {
        match letter {
            '\n' | '\t' => out.push(letter),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "⟨U+{:04X}⟩", u32::from(letter));
            }
            letter if letter.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            letter => out.push(letter),
        }
    }
    out
}
