//! The rules that files are held to, each with the word that messages carry.

/// Declares the rules once, so that the list of all of them cannot miss one.
macro_rules! rules {
    ($($(#[$doc:meta])+ $rule:ident = $word:literal,)+) => {
        /// What a complaint is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])+ $rule,)+
        }

        impl Rule {
            pub const ALL: &[Self] = &[$(Self::$rule,)+];

            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$rule => $word,)+
                }
            }
        }
    };
}

rules! {
    /// An alert about expiry that a healthy renewal raises.
    AlertThreshold = "alert-threshold",
    /// A step may take longer than the whole scenario.
    Budget = "budget",
    /// A case file that does not exist, or does not fit its targets.
    Cases = "cases",
    /// A member that does not exist or cannot play its part.
    Cast = "cast",
    /// Demands that exclude each other, or one that nothing could turn red.
    Contradiction = "contradiction",
    /// A control that does not exist or is refused itself.
    Control = "control",
    /// A column through which nobody gets in.
    DenialWithoutTwin = "denial-without-twin",
    /// A known violation that is none, or excuses too much.
    Deviates = "deviates",
    /// The opposite of what the standard says, unexplained; or an explanation of nothing.
    Deviation = "deviation",
    /// A printed command of which nothing is demanded, or that nothing is held against.
    Command = "command",
    /// A length of time without a unit.
    Duration = "duration",
    /// Something that would prove nothing, for it asks for nothing.
    Empty = "empty",
    /// A step that looks without a demand, or a demand where nothing looks.
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
    /// A row that does not fit the columns.
    Grid = "grid",
    /// A cure without its fault.
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
    /// A scenario without a story.
    NoSteps = "no-steps",
    /// A word outside the closed set of outcomes.
    Outcome = "outcome",
    /// `proves` and the `req` of the steps differ.
    Proves = "proves",
    /// A time that cannot hold.
    Quantifier = "quantifier",
    /// Evidence claimed where nothing is judged.
    Req = "req",
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
    /// Ways of speaking that exclude each other.
    Speaks = "speaks",
    /// A missing, unusable or repeated step id.
    StepId = "step-id",
    /// An audience where none belongs, or none where one does.
    Svid = "svid",
    /// A limit shorter than what it limits.
    Timeout = "timeout",
    /// A stream used before it flows, or twice.
    Traffic = "traffic",
    /// A change of which nobody knows whether it is live.
    Unconfirmed = "unconfirmed",
    /// A key that means nothing here.
    UnknownKey = "unknown-key",
    /// A word outside its closed set.
    UnknownWord = "unknown-word",
    /// Something declared and never used.
    Unused = "unused",
    /// A length of time during which nothing would look.
    Unwatched = "unwatched",
    /// A `${…}` that is not defined.
    Variable = "variable",
    /// A step with no verb, or several.
    Verb = "verb",
    /// A refusal or an absence that is looked for too few times.
    Window = "window",
    /// Text that is not YAML.
    Yaml = "yaml",
}
