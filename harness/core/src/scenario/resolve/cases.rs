//! Case files put to targets: the file, the participant that presents, the targets.

use super::{Resolver, participants::Part};
use crate::{
    scenario::{
        cases::{CaseFile, TargetKind},
        model::{Cases, ServerPort, Target},
        raw,
    },
    yaml::{Node, Problem, Rule, nearest},
};
use mtls_pki::forge::Side;

/// Attempts per refusal: the number that requirement TLS-13 names.
const REPEAT: u32 = 20;

/// `None` when there is no such file, which is reported.
pub(super) fn read(resolver: &mut Resolver<'_>, raw: raw::Cases, node: &Node) -> Option<Cases> {
    let place = node.nearest(&["of"]).place;
    let files = resolver.setting.cases;
    let Some(file) = files.get(&raw.of) else {
        let problem = Problem::new(Rule::Cases, place, format!("there is no case file `{}`", raw.of));
        resolver.complain(match nearest(&raw.of, files.keys().map(String::as_str)) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("case files are scenarios/cases/<name>.yaml"),
        });
        return None;
    };
    for id in file.cases.iter().flat_map(|case| &case.requirements) {
        resolver.proven.entry(id.clone()).or_insert(place);
    }
    resolver.member(&raw.from, node.nearest(&["from"]).place, Part::Caller);
    if !raw.identity.starts_with("spiffe://") {
        let place = node.nearest(&["as"]).place;
        let problem = Problem::new(Rule::Cases, place, format!("`{}` is no SPIFFE ID", raw.identity));
        resolver.complain(problem.help("write one that gets in when nothing is wrong, such as `${client.spiffe}`"));
    }
    let repeat = raw.repeat.unwrap_or(REPEAT);
    if repeat == 0 {
        let problem = Problem::new(Rule::Empty, node.nearest(&["repeat"]).place, "zero attempts prove nothing");
        resolver.complain(problem.help("ask for at least 1"));
    }
    let list = node.nearest(&["targets"]);
    if raw.targets.is_empty() {
        resolver.complain(Problem::new(Rule::Empty, list.place, "cases without a target prove nothing"));
    }
    for (kind, target) in &raw.targets {
        check(resolver, file, *kind, target, list.nearest(&[kind.word()]));
    }
    Some(Cases { of: file.clone(), from: raw.from, identity: raw.identity, targets: raw.targets, repeat })
}

fn check(resolver: &mut Resolver<'_>, file: &CaseFile, kind: TargetKind, target: &Target, node: &Node) {
    let part = if kind == TargetKind::Client { Part::Caller } else { Part::Server };
    resolver.member(&target.to, node.nearest(&["to"]).place, part);
    resolver.features(&target.needs, node.nearest(&["needs"]));
    let looks_at = if kind == TargetKind::Client { Side::Server } else { Side::Client };
    if looks_at != file.presented_by || !file.cases.iter().any(|case| case.expect.contains_key(&kind)) {
        let message = format!("`{}` does not say what a target of the kind `{}` does", file.id, kind.word());
        let problem = Problem::new(Rule::Cases, node.place, message);
        resolver.complain(problem.help("add the kind to `expect` of its cases, or choose another"));
    }
    let message = match (kind, target.port) {
        (TargetKind::Client, Some(_)) => "a client has no port",
        (TargetKind::Envoy, Some(asked)) if asked != ServerPort::Http => "such a proxy has the port http alone",
        (TargetKind::Envoy | TargetKind::Rustls | TargetKind::Sidecar, None) => "the port of the server is missing",
        _ => return,
    };
    let problem = Problem::new(Rule::Cases, node.place, message);
    resolver.complain(problem.help("`port` is one of http, app-mtls, for servers only"));
}
