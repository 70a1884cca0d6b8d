//! Complaints about a file, each with the place to fix.

use std::{fmt, path::Path, sync::Arc};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{place::Place, rule::Rule};

/// One complaint.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The rule that was broken.
    pub rule: Rule,
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// Shared with the other complaints about the file; set by [`Problems::of`].
    source: Option<Arc<NamedSource<String>>>,
}

/// All complaints about one file, at least one, in the order of the file.
#[derive(Debug)]
pub struct Problems {
    /// Relative to the directory that was loaded.
    pub file: String,
    pub list: Vec<Problem>,
}

impl Problem {
    pub fn new(rule: Rule, place: Place, message: impl Into<String>) -> Self {
        Self { rule, place, message: message.into(), help: None, source: None }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The text of the file that the complaint is about; `None` before [`Problems::of`].
    pub fn text(&self) -> Option<&str> {
        self.source.as_deref().map(|source| source.inner().as_str())
    }

    /// Adds "did you mean" when there is something to suggest.
    #[must_use]
    pub fn suggest(self, meant: Option<&str>) -> Self {
        match meant {
            Some(meant) => self.help(format!("did you mean `{meant}`?")),
            None => self,
        }
    }
}

impl Problems {
    /// Binds complaints to the text they are about.
    pub fn of(file: &Path, text: &str, mut list: Vec<Problem>) -> Self {
        let file = file.display().to_string();
        let source = Arc::new(NamedSource::new(&file, text.to_owned()).with_language("yaml"));
        list.sort_by_key(|problem| problem.place.offset);
        for problem in &mut list {
            problem.source = Some(Arc::clone(&source));
        }
        Self { file, list }
    }

    /// Every complaint with an excerpt of the file, without colours.
    pub fn render(&self) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_wrap_lines(false)
            .with_context_lines(1)
            .without_syntax_highlighting();
        let mut text = String::new();
        for problem in &self.list {
            // Writing into a string cannot fail; the excerpt may, and then the one-line form is left.
            if handler.render_report(&mut text, problem).is_err() {
                text.push_str(&self.line(problem));
                text.push('\n');
            }
        }
        text
    }

    fn line(&self, problem: &Problem) -> String {
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        format!("{}:{}: {}{help}", self.file, problem.place.line, problem.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.rule.word()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = LabeledSpan::new(None, self.place.offset, self.place.length);
        Some(Box::new(std::iter::once(span)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }
}

impl fmt::Display for Problems {
    /// One line per complaint, for logs; diagnostics with excerpts come from the [`Diagnostic`]s in `list`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&self.line(problem))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.list.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}
