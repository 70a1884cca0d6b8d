//! The old version, part by part: which keys it has and what they are called in the new one.
//!
//! A verb or key that is added to the new version does not belong here: no old document has it.

use super::shape::{
    Field, Name, New, Shape,
    Shape::{Any, CheckPattern, Fields, List, Named, Word},
    kept, renamed, same,
};
use crate::api_version::{CURRENT, OLD};

/// Kinds of documents.
pub(super) const KINDS: [&str; 4] = ["Scenario", "Sabotage", "Cases", "Requirements"];

/// The shape of a document of this kind.
pub(super) fn document(kind: &str) -> Option<&'static Shape> {
    match kind {
        "Scenario" => Some(&SCENARIO),
        "Sabotage" => Some(&CHANGE),
        "Cases" => Some(&CASE_FILE),
        "Requirements" => Some(&CATALOGUE),
        _ => None,
    }
}

const API_VERSION: Field = same("apiVersion", Word(&[(OLD, New::Word(CURRENT))]));
const PORT: Shape = Word(&[("own-tls", New::Word("app-mtls"))]);
const SAYS: Field = renamed("says", "description", Any);
const PARTICIPANTS: Field = renamed("cast", "participants", Named(Name::Own, &PARTICIPANT));
const RECOVERED: Field = renamed("over", "recovered", Fields(&STEP_FIELDS));
static FEATURE: Shape = Word(&[("client-rigs", New::Word("local-client"))]);
static PORTS: Shape = PORT;

static SCENARIO: Shape = Fields(&[
    API_VERSION,
    kept("kind"),
    same("metadata", Fields(&[kept("id"), kept("title"), SAYS, kept("tags"), kept("owner")])),
    kept("proves"),
    same("needs", Fields(&[same("features", List(&FEATURE)), kept("budget")])),
    same("isolation", Word(&[("exclusive", New::Word("cluster"))])),
    kept("vars"),
    PARTICIPANTS,
    same("setup", List(&STEP)),
    same("steps", List(&STEP)),
    same("finally", List(&STEP)),
    same("sabotage", List(&SABOTAGE)),
]);

static CHANGE: Shape = Fields(&[
    API_VERSION,
    kept("kind"),
    same("metadata", Fields(&[kept("id"), kept("title"), SAYS])),
    same("needs", Fields(&[same("features", List(&FEATURE))])),
    kept("vars"),
    PARTICIPANTS,
    same("do", List(&STEP)),
    same("confirm", Fields(&STEP_FIELDS)),
    RECOVERED,
]);

static CASE_FILE: Shape = Fields(&[
    API_VERSION,
    kept("kind"),
    same("metadata", Fields(&[kept("id"), kept("title")])),
    kept("presented-by"),
    same("cases", List(&CASE)),
]);

static CASE: Shape = Fields(&[
    kept("id"),
    kept("group"),
    SAYS,
    kept("flaw"),
    kept("standard"),
    kept("severity"),
    kept("control"),
    kept("ideal"),
    kept("tolerated"),
    kept("expect"),
    kept("deviation"),
    renamed("req", "requirements", Any),
]);

static CATALOGUE: Shape = Fields(&[API_VERSION, kept("kind"), kept("items")]);

static PARTICIPANT: Shape = Fields(&[
    kept("workload"),
    kept("client"),
    kept("namespace"),
    renamed("mesh", "sidecar", Word(&[("in", New::Bool(true)), ("out", New::Bool(false))])),
    kept("identity"),
    renamed("speaks", "wire", Any),
]);

static SABOTAGE: Shape = Fields(&[
    kept("id"),
    SAYS,
    kept("use"),
    kept("with"),
    same("do", List(&STEP)),
    same("confirm", Fields(&STEP_FIELDS)),
    RECOVERED,
    same("mode", Word(&[("fork", New::Word("full")), ("tail", New::Word("named-checks"))])),
    kept("after"),
    renamed("turns-red", "must-fail", Named(Name::CheckPattern, &Any)),
    renamed("keeps-green", "must-pass", List(&CheckPattern)),
]);

static STEP: Shape = Fields(&STEP_FIELDS);

static STEP_FIELDS: [Field; 33] = [
    kept("id"),
    SAYS,
    kept("alert"),
    kept("apply"),
    same("break", Fields(&[same("do", List(&STEP)), same("confirm", Fields(&STEP_FIELDS))])),
    same(
        "cases",
        Fields(&[kept("of"), kept("from"), kept("as"), same("targets", Named(Name::Own, &TARGET)), kept("repeat")]),
    ),
    same("command", Fields(COMMAND)),
    renamed("conduct", "client-behaviour", Fields(&[renamed("story", "case", Any)])),
    kept("delete"),
    kept("envoy-config"),
    kept("exec"),
    kept("get"),
    kept("heal"),
    kept("inspect"),
    kept("patch"),
    same(
        "probe",
        Fields(&[
            kept("to"),
            renamed("columns", "ports", List(&PORTS)),
            renamed("rows", "clients", Any),
            kept("legend"),
            kept("attempts"),
        ]),
    ),
    kept("promql"),
    kept("proxy-status"),
    kept("reapply"),
    kept("rotate"),
    same(
        "rules",
        Fields(&[kept("check"), kept("test"), renamed("of", "files", Any), renamed("stories", "tests", Any)]),
    ),
    kept("svid"),
    same("traffic", Fields(&[same("start", Fields(STREAM)), kept("check"), kept("stop")])),
    kept("trust"),
    kept("wait"),
    renamed("weaken", "misconfigure", Any),
    renamed("req", "requirements", Named(Name::CheckPattern, &Any)),
    kept("expect"),
    same(
        "deviates",
        Fields(&[
            kept("from"),
            kept("instead-of"),
            renamed("shows", "observed", Any),
            renamed("because", "reason", Any),
            kept("compensated-by"),
        ]),
    ),
    kept("eventually"),
    kept("always"),
    kept("never"),
    kept("timeout"),
];

static TARGET: Shape = Fields(&[kept("to"), renamed("column", "port", PORT), same("needs", List(&FEATURE))]);

static COMMAND: &[Field] = &[
    kept("printed"),
    same("replace", List(&REPLACEMENT)),
    renamed("answers", "answered-when", Any),
    renamed("tells", "must-show", Any),
    renamed("instead", "correction", Any),
    renamed("within", "timeout", Any),
    kept("undo"),
];

static REPLACEMENT: Shape = Fields(&[kept("text"), kept("by"), renamed("because", "reason", Any)]);

static STREAM: &[Field] = &[
    kept("id"),
    kept("from"),
    kept("to"),
    renamed("column", "port", PORT),
    kept("rate-per-second"),
    kept("connections"),
    renamed("shows", "presents", Any),
    kept("at-most"),
];
