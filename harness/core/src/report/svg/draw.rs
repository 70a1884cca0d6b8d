//! The shapes of a drawing. Every text from a record passes [`escaped`], so none of it can become markup.

use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer};

use crate::verdict::Verdict;

/// An `<svg>` element of the full width of its parent and of a height in pixels.
#[derive(Debug, Default)]
pub(in crate::report) struct Drawing {
    height: u32,
    body: String,
}

/// A horizontal place or length, in percent of the width.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Share(f64);

impl Share {
    pub(super) const NONE: Self = Self(0.0);
    pub(super) const WHOLE: Self = Self(100.0);

    /// `part` of `whole`, at most the whole.
    pub(super) fn of(part: u64, whole: u64) -> Self {
        let number = |value: u64| u32::try_from(value).map_or(f64::from(u32::MAX), f64::from);
        // Both are halved until they fit, which moves a place by less than a pixel.
        let (mut part, mut whole) = (part.min(whole), whole.max(1));
        while whole > u64::from(u32::MAX) {
            (part, whole) = (part / 2, whole / 2);
        }
        Self(number(part) * 100.0 / number(whole))
    }

    /// This percentage, within 0 and 100.
    pub(super) fn percent(value: f64) -> Self {
        Self(if value.is_finite() { value.clamp(0.0, 100.0) } else { 0.0 })
    }

    /// The length from here to there, at least a sliver that can be seen.
    pub(super) fn to(self, end: Self) -> Self {
        Self((end.0 - self.0).max(0.3))
    }

    pub(super) fn middle(self, end: Self) -> Self {
        Self(f64::midpoint(self.0, end.0))
    }

    pub(super) fn is_at_least(self, percent: f64) -> bool {
        self.0 >= percent
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2}%", self.0)
    }
}

/// Where a text begins at its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A bar: its place in pixels from the top, its height, and its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub top: u32,
    pub height: u32,
    pub from: Share,
    pub until: Share,
}

impl Drawing {
    pub(super) fn new(height: u32) -> Self {
        Self { height, body: String::new() }
    }

    /// A bar with a text that a pointer shows.
    pub(super) fn bar(&mut self, bar: Bar, class: &str, says: &str) {
        let (x, width) = (bar.from, bar.from.to(bar.until));
        let (y, height) = (bar.top, bar.height);
        self.push(format_args!(
            r#"<rect class="{}" x="{x}" y="{y}" width="{width}" height="{height}" rx="2"><title>{}</title></rect>"#,
            escaped(class),
            escaped(says)
        ));
    }

    /// As [`Self::bar`], and a link to a place of the same page.
    pub(super) fn linked(&mut self, bar: Bar, class: &str, says: &str, place: &str) {
        self.push(format_args!(r##"<a href="#{}">"##, escaped(place)));
        self.bar(bar, class, says);
        self.push(format_args!("</a>"));
    }

    pub(super) fn line(&mut self, x: Share, class: &str) {
        let height = self.height;
        self.push(format_args!(r#"<line class="{}" x1="{x}" x2="{x}" y1="0" y2="{height}"/>"#, escaped(class)));
    }

    pub(super) fn text(&mut self, (x, y): (Share, u32), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.push(format_args!(
            r#"<text class="{}" x="{x}" y="{y}" text-anchor="{anchor}">{}</text>"#,
            escaped(class),
            escaped(text)
        ));
    }

    /// The symbol of a verdict that needs attention, so that it is seen without colour.
    pub(super) fn symbol(&mut self, bar: Bar, verdict: Verdict) {
        if verdict != Verdict::Pass {
            let place = (bar.from.middle(bar.until), bar.top + bar.height - 3);
            self.text(place, Anchor::Middle, "on-bar", verdict.symbol().to_string().as_str());
        }
    }

    fn push(&mut self, piece: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(piece);
    }
}

/// The markup: safe to be placed in a page as it is.
impl fmt::Display for Drawing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            r#"<svg class="strip" width="100%" height="{}" aria-hidden="true">{}</svg>"#,
            self.height, self.body
        )
    }
}

impl Serialize for Drawing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text without any character that is markup in an element or in a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let hostile = r#""><script>alert(1)</script><a href='x' onclick="y">&"#;
        let bar = Bar { top: 0, height: 10, from: Share::NONE, until: Share::WHOLE };
        let mut drawing = Drawing::new(10);
        drawing.linked(bar, hostile, hostile, hostile);
        drawing.line(Share::NONE, hostile);
        drawing.text((Share::NONE, 0), Anchor::Start, hostile, hostile);
        let markup = drawing.to_string();
        let tags: Vec<&str> = markup.split('<').skip(1).filter_map(|rest| rest.split([' ', '>', '/']).next()).collect();
        let expected = ["svg", "a", "rect", "title", "", "", "", "line", "text", "", ""];
        assert_eq!(tags, expected, "{markup}");
        let quotes = markup.matches('"').count();
        assert_eq!(quotes % 2, 0, "{markup}");
        assert!(!markup.contains("onclick=\""), "{markup}");
    }

    #[test]
    fn places_are_within_the_drawing() {
        for (part, whole, place) in [
            (0, 10, "0.00%"),
            (5, 10, "50.00%"),
            (20, 10, "100.00%"),
            (1, 0, "0.00%"),
            (u64::MAX / 2, u64::MAX, "50.00%"),
        ] {
            assert_eq!(Share::of(part, whole).to_string(), place, "{part} of {whole}");
        }
        for (value, place) in [(f64::NAN, "0.00%"), (-3.0, "0.00%"), (130.0, "100.00%"), (12.5, "12.50%")] {
            assert_eq!(Share::percent(value).to_string(), place);
        }
        assert_eq!(Share::of(1, 2).to(Share::of(1, 2)).to_string(), "0.30%");
    }
}
