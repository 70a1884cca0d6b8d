//! Where something stands in a file.

/// Where something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In bytes.
    pub offset: usize,
    pub length: usize,
    /// From 1.
    pub line: usize,
}

impl Place {
    pub const START: Self = Self { offset: 0, length: 0, line: 1 };
}

impl From<serde_saphyr::Location> for Place {
    fn from(location: serde_saphyr::Location) -> Self {
        let narrow = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
        let span = location.span();
        Self {
            offset: narrow(span.byte_offset()),
            length: narrow(span.byte_len()),
            line: narrow(Some(location.line())).max(1),
        }
    }
}
