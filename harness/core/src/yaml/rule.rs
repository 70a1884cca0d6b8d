//! The rules that files are held to, each with the word that messages carry.

/// Declares the rules once, so that the list of all of them cannot miss one.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $rule:ident = $word:literal,)+) => {
        /// What a complaint is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[doc = $doc])+ $rule,)+
        }

        impl Rule {
            pub const ALL: &[Self] = &[$(Self::$rule,)+];

            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$rule => $word,)+
                }
            }

            /// What breaks the rule, in one sentence.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$rule => concat!($($doc,)+).trim_ascii_start(),)+
                }
            }
        }
    };
}

rules! {
    /// A document of a version that is no longer read.
    ApiVersion = "api-version",
    /// An alert about expiry that a healthy renewal raises.
    AlertThreshold = "alert-threshold",
    /// A step may take longer than the whole scenario.
    Budget = "budget",
    /// A case file that does not exist, or does not fit its targets.
    Cases = "cases",
    /// A participant that does not exist or cannot take its part.
    Participants = "participants",
    /// Expectations that exclude each other, or one that cannot fail.
    Contradiction = "contradiction",
    /// A control that does not exist or is refused itself.
    Control = "control",
    /// A port through which no client gets in.
    DenialWithoutControl = "denial-without-control",
    /// A known violation that is none, or excuses too much.
    Deviates = "deviates",
    /// The opposite of what the standard says, unexplained; or an explanation of nothing.
    Deviation = "deviation",
    /// A documented command without an expected class, or without a correction where one is needed.
    Command = "command",
    /// A length of time without a unit.
    Duration = "duration",
    /// A part that asks for nothing and so would prove nothing.
    Empty = "empty",
    /// A step that observes without an expectation, or an expectation where nothing is observed.
    Expect = "expect",
    /// A path that the verb never produces.
    Fact = "fact",
    /// A fault that does nothing, or that nothing confirms.
    Fault = "break",
    /// A feature that no world offers.
    Feature = "feature",
    /// A flaw that the forge does not know.
    Flaw = "flaw",
    /// An image by a tag that moves.
    FloatingTag = "floating-tag",
    /// Two ways to choose objects at once.
    Get = "get",
    /// A client without exactly one legend word per port.
    Grid = "grid",
    /// A `heal` without its `break`.
    Heal = "heal",
    /// An id that is not the path of the file.
    Id = "id",
    /// Not exactly one thing to inspect.
    Inspect = "inspect",
    /// A change under `isolation: shared`.
    Isolation = "isolation",
    /// A legend word without meaning.
    Legend = "legend",
    /// A value that compares with nothing.
    Matcher = "matcher",
    /// A key that must be there.
    MissingKey = "missing-key",
    /// A scenario without judged steps.
    NoSteps = "no-steps",
    /// A word outside the closed set of outcomes.
    Outcome = "outcome",
    /// `proves` and the `requirements` of the steps differ.
    Proves = "proves",
    /// A time that cannot hold.
    Quantifier = "quantifier",
    /// Evidence claimed where nothing is judged.
    Evidence = "evidence",
    /// A requirement that the catalogue does not have, or has twice.
    Requirement = "requirement",
    /// Tests of alert rules that are not there, or show nothing.
    Rules = "rules",
    /// A sabotage that does nothing, that nothing confirms, or that names no check.
    Sabotage = "sabotage",
    /// A scenario that runs a script.
    Script = "script",
    /// A Secret that is not `namespace/name`.
    Secret = "secret",
    /// A label selector that no API server would accept.
    Selector = "selector",
    /// A value of the wrong kind.
    Shape = "shape",
    /// A scenario that sleeps.
    Sleep = "sleep",
    /// Wire options that exclude each other.
    Wire = "wire",
    /// A missing, unusable or repeated step id.
    StepId = "step-id",
    /// An audience where none belongs, or none where one does.
    Svid = "svid",
    /// A limit shorter than what it limits.
    Timeout = "timeout",
    /// A stream used before it flows, or twice.
    Traffic = "traffic",
    /// A change that is observed without waiting until it is live.
    Unconfirmed = "unconfirmed",
    /// A key that means nothing here.
    UnknownKey = "unknown-key",
    /// A word outside its closed set.
    UnknownWord = "unknown-word",
    /// Something declared and never used.
    Unused = "unused",
    /// A length of time during which nothing would be observed.
    Unwatched = "unwatched",
    /// A `${…}` that is not defined.
    Variable = "variable",
    /// A step with no verb, or several.
    Verb = "verb",
    /// A waiver without a failure, an owner, a reason or a last day, or one that waives too much.
    Waiver = "waiver",
    /// A refusal or an absence that is observed too few times.
    Window = "window",
    /// Text that is not YAML.
    Yaml = "yaml",
}
