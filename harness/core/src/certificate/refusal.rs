//! Why there is no certificate: a closed set of reasons, each with what it means and what to do.
//!
//! The reasons alone; `rules` finds out which of them apply.

use std::fmt;

use crate::verdict::Exit;

/// One reason, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// The check, the image, the requirement: in one line.
    pub about: String,
}

/// Every reason for which there is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    World,
    Version,
    ProfileDiffers,
    SourceUnknown,
    SourceChanged,
    SourceDiffers,
    Lint,
    ImagesUnknown,
    ImageWithoutDigest,
    ImageOther,
    WorldsDiffer,
    PlansDiffer,
    ClientFaults,
    Record,
    Unfinished,
    NothingPassed,
    Unexamined,
    Unproven,
    Sabotage,
    Fail,
    Broken,
    Unknown,
    Vacuous,
    Flaky,
    Waiver,
    SupportUnknown,
    Unsupported,
    Secret,
    TooLarge,
}

impl Reason {
    pub const ALL: [Self; 29] = [
        Self::World,
        Self::Version,
        Self::ProfileDiffers,
        Self::SourceUnknown,
        Self::SourceChanged,
        Self::SourceDiffers,
        Self::Lint,
        Self::ImagesUnknown,
        Self::ImageWithoutDigest,
        Self::ImageOther,
        Self::WorldsDiffer,
        Self::PlansDiffer,
        Self::ClientFaults,
        Self::Record,
        Self::Unfinished,
        Self::NothingPassed,
        Self::Unexamined,
        Self::Unproven,
        Self::Sabotage,
        Self::Fail,
        Self::Broken,
        Self::Unknown,
        Self::Vacuous,
        Self::Flaky,
        Self::Waiver,
        Self::SupportUnknown,
        Self::Unsupported,
        Self::Secret,
        Self::TooLarge,
    ];

    /// The word of the terminal and of the documentation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::World => "world",
            Self::Version => "version",
            Self::ProfileDiffers => "profile-differs",
            Self::SourceUnknown => "source-unknown",
            Self::SourceChanged => "source-changed",
            Self::SourceDiffers => "source-differs",
            Self::Lint => "lint",
            Self::ImagesUnknown => "images-unknown",
            Self::ImageWithoutDigest => "image-without-digest",
            Self::ImageOther => "image-other",
            Self::WorldsDiffer => "worlds-differ",
            Self::PlansDiffer => "plans-differ",
            Self::ClientFaults => "client-faults",
            Self::Record => "record",
            Self::Unfinished => "unfinished",
            Self::NothingPassed => "nothing-passed",
            Self::Unexamined => "unexamined",
            Self::Unproven => "unproven",
            Self::Sabotage => "sabotage",
            Self::Fail => "fail",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
            Self::Vacuous => "vacuous",
            Self::Flaky => "flaky",
            Self::Waiver => "waiver",
            Self::SupportUnknown => "support-unknown",
            Self::Unsupported => "unsupported",
            Self::Secret => "secret",
            Self::TooLarge => "too-large",
        }
    }

    /// When it applies.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::World => {
                "a record is not of the kind world: loopback runs no product, and an existing cluster was not made from named images"
            }
            Self::Version => "a record was made by another version of this program",
            Self::ProfileDiffers => "a profile has the name of a shipped one and another content",
            Self::SourceUnknown => "a record does not say from which commit, trees and scenarios it was made",
            Self::SourceChanged => "the working tree of a record differed from its commit",
            Self::SourceDiffers => "two records, or a record and this working tree, are of different sources",
            Self::Lint => "the linter finds a problem in the scenarios or the trees",
            Self::ImagesUnknown => "a record does not say which images ran, or of which images the world was made",
            Self::ImageWithoutDigest => "an image ran that is not named by its digest",
            Self::ImageOther => "an image ran that is not one of those that the world was made of",
            Self::WorldsDiffer => "the sabotages were tried on other images than the run",
            Self::PlansDiffer => "the sabotages were tried on other checks than those of the run",
            Self::ClientFaults => "the reference client was made faulty",
            Self::Record => "a record is damaged, was edited, or names a problem of the run, such as a leftover",
            Self::Unfinished => "the run did not end in order",
            Self::NothingPassed => "no check of the profile passed",
            Self::Unexamined => "a demanded requirement was not examined",
            Self::Unproven => "a check that is evidence for a demanded requirement has not been seen to fail",
            Self::Sabotage => "a sabotage went unnoticed, or was noticed for another reason",
            Self::Fail => "a check failed",
            Self::Broken => "a check could not be made",
            Self::Unknown => "what a check observed does not decide it",
            Self::Vacuous => "a check observed too little",
            Self::Flaky => "a check had different results in one run, or in two",
            Self::Waiver => {
                "a waiver is past its last day, or a check is waived and the record does not say until when"
            }
            Self::SupportUnknown => "a record has no support windows",
            Self::Unsupported => "a version is past the end of its support",
            Self::Secret => "a file of the certificate would hold a private key or a token",
            Self::TooLarge => "the certificate would have more subjects, or a larger file, than verifiers accept",
        }
    }

    /// The exit code of a command that finds it.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Fail => Exit::ProductFailed,
            Self::Lint | Self::ProfileDiffers | Self::SourceChanged | Self::SourceDiffers | Self::World => Exit::Usage,
            Self::Broken | Self::Record | Self::Secret | Self::SourceUnknown | Self::Unfinished | Self::Version => {
                Exit::Broken
            }
            Self::ClientFaults
            | Self::Flaky
            | Self::ImageOther
            | Self::ImageWithoutDigest
            | Self::ImagesUnknown
            | Self::NothingPassed
            | Self::PlansDiffer
            | Self::Sabotage
            | Self::SupportUnknown
            | Self::TooLarge
            | Self::Unexamined
            | Self::Unknown
            | Self::Unproven
            | Self::Unsupported
            | Self::Vacuous
            | Self::Waiver
            | Self::WorldsDiffer => Exit::NothingProven,
        }
    }

    /// What helps.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::World => "run with `--env kind`",
            Self::Version => "run and prove again with this version",
            Self::ProfileDiffers => "give the profile another name",
            Self::SourceUnknown => {
                "run and prove again, in a checkout that git knows: older versions did not record it"
            }
            Self::SourceChanged => "commit or remove the files, then run and prove again",
            Self::SourceDiffers => "check out the commit of the records, or run and prove again",
            Self::Lint => "`cargo xtask lint`",
            Self::ImagesUnknown => "use a node image that this program made, not one named by `--node-image`",
            Self::ImageWithoutDigest | Self::ImageOther => "make the world anew: `cargo xtask down`, then `certify`",
            Self::WorldsDiffer | Self::PlansDiffer => "prove again in the world and at the commit of the run",
            Self::ClientFaults => "run without `--client-faults`",
            Self::Record | Self::Unfinished | Self::Broken => "remove the cause and run again, with another `--out`",
            Self::NothingPassed | Self::Unexamined => {
                "run all scenarios of the profile, on a world that has what they need"
            }
            Self::Unproven | Self::Sabotage => {
                "`cargo xtask prove --only SCENARIO`, and mend the check or its sabotage"
            }
            Self::Fail => "mend the product; it is not conformant",
            Self::Unknown | Self::Vacuous => "read the report; the check or the world needs mending",
            Self::Flaky => "`cargo xtask e2e --hunt SCENARIO`",
            Self::Waiver => "mend what is waived, or have it waived anew",
            Self::SupportUnknown => "run again: older versions did not record them",
            Self::Unsupported => "upgrade, or take it along as a finding with `--allow-unsupported`",
            Self::Secret => "find out what recorded it; the harness must not",
            Self::TooLarge => "certify fewer images, or a profile with fewer scenarios",
        }
    }
}

impl Refusal {
    pub(super) fn new(reason: Reason, about: impl Into<String>) -> Self {
        Self { reason, about: about.into() }
    }
}

/// In one line, whatever the record says.
impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = self.about.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(out, "{}: {about}", self.reason.word())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        assert!(Reason::ALL.is_sorted(), "in the order of the declaration, which the documentation has too");
    }

    #[test]
    fn a_refusal_is_one_line() {
        let refusal = Refusal::new(Reason::Fail, "a/b#c:\n 2 of 3\tsamples");
        assert_eq!(refusal.to_string(), "fail: a/b#c: 2 of 3 samples");
    }
}
