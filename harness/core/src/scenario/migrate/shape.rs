//! What a part of a document looks like in the old version, and what its keys and words become.

/// A part of a document.
pub(super) enum Shape {
    /// Content of the author, or a value that both versions spell alike.
    Any,
    /// A mapping of exactly these keys.
    Fields(&'static [Field]),
    /// A list of such parts.
    List(&'static Shape),
    /// A mapping whose keys the author chose.
    Named(Name, &'static Shape),
    /// A pattern of check names.
    CheckPattern,
    /// One word of a closed set, with what it becomes. Words that are not listed stay.
    Word(&'static [(&'static str, New<'static>)]),
}

/// A key and its value.
pub(super) struct Field {
    pub(super) old: &'static str,
    pub(super) new: &'static str,
    pub(super) shape: Shape,
}

/// What keys are that the author chose.
#[derive(Clone, Copy)]
pub(super) enum Name {
    /// A name of the author's own.
    Own,
    /// A pattern of check names, or of cells.
    CheckPattern,
}

/// What a word becomes.
#[derive(Clone, Copy)]
pub(super) enum New<'a> {
    /// Another word, in the quotes of the old one.
    Word(&'a str),
    /// A truth value, without quotes.
    Bool(bool),
}

/// A key that is the same in both versions.
pub(super) const fn same(key: &'static str, shape: Shape) -> Field {
    Field { old: key, new: key, shape }
}

/// A key that has another name in the new version.
pub(super) const fn renamed(old: &'static str, new: &'static str, shape: Shape) -> Field {
    Field { old, new, shape }
}

/// A key of which nothing changes.
pub(super) const fn kept(key: &'static str) -> Field {
    same(key, Shape::Any)
}
