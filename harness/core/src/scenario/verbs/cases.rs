//! `cases`: a file of certificates put to targets: the file, the participant that presents, the targets.

use std::collections::BTreeMap;

use mtls_pki::forge::Side;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Action, CaseGrid, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Target, Verb,
    effects::{Credential, Effects, Process},
};
use crate::{
    scenario::{
        cases::{CaseFile, TargetKind},
        resolver::{Part, Resolver},
        server_port::ServerPort,
    },
    yaml::{Node, Problem, Rule, nearest},
};

/// Attempts per refusal: the number that requirement TLS-13 names.
const REPEAT: u32 = 20;

#[derive(Clone, Debug, Serialize)]
pub struct CasesSpec(pub CaseGrid);

/// A file of certificate cases, put to targets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct WrittenCases {
    /// Name of the file under `cases/` without suffix: `client-certificates`.
    of: String,
    /// Participant that presents them: it calls, or for certificates of servers it serves.
    from: String,
    /// The SPIFFE ID in them, unless the flaw is about it.
    #[serde(rename = "as")]
    identity: String,
    /// Kind of target → which participant it is.
    targets: BTreeMap<TargetKind, Target>,
    /// Attempts of each client that must be refused, default 20: all must end the same way.
    repeat: Option<u32>,
}

impl Verb for CasesSpec {
    const ABOUT: About = About {
        usage: "cases: {of, from, as, targets, repeat}",
        does: "a file of certificates against every target (below): a check per case and target",
        shows: "none",
        facts: Facts::NONE,
        quantifiers: Quantifiers::Once,
        repeats: Repeats::ByItself,
    };

    type Written = WrittenCases;

    /// `None` when there is no such file, which is reported.
    fn resolve(written: WrittenCases, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        let place = node.nearest(&["of"]).place;
        let files = resolver.setting.cases;
        let Some(file) = files.get(&written.of) else {
            let problem = Problem::new(Rule::Cases, place, format!("there is no case file `{}`", written.of));
            resolver.complain(match nearest(&written.of, files.keys().map(String::as_str)) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("case files are scenarios/cases/<name>.yaml"),
            });
            return None;
        };
        for id in file.cases.iter().flat_map(|case| &case.requirements) {
            resolver.proven.entry(id.clone()).or_insert(place);
        }
        resolver.member(&written.from, node.nearest(&["from"]).place, Part::Caller);
        let WrittenCases { from, identity, targets, .. } = written;
        if !identity.starts_with("spiffe://") {
            let place = node.nearest(&["as"]).place;
            let problem = Problem::new(Rule::Cases, place, format!("`{identity}` is no SPIFFE ID"));
            resolver.complain(problem.help("write one that gets in when nothing is wrong, such as `${client.spiffe}`"));
        }
        let repeat = written.repeat.unwrap_or(REPEAT);
        if repeat == 0 {
            let problem = Problem::new(Rule::Empty, node.nearest(&["repeat"]).place, "zero attempts prove nothing");
            resolver.complain(problem.help("ask for at least 1"));
        }
        let list = node.nearest(&["targets"]);
        if targets.is_empty() {
            resolver.complain(Problem::new(Rule::Empty, list.place, "cases without a target prove nothing"));
        }
        for (kind, target) in &targets {
            target_is_usable(resolver, file, *kind, target, list.nearest(&[kind.word()]));
        }
        Some(Self(CaseGrid { of: file.clone(), from, identity, targets, repeat }))
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        Role::Cases(&self.0)
    }

    fn effects(&self, _: &Participants) -> Effects {
        let mut effects = Effects::default();
        effects.credential(Credential::Authority);
        let callers = self.0.targets.values().filter(|target| target.port.is_none()).map(|target| &target.to);
        for member in callers.chain([&self.0.from]) {
            effects.process(Process::Client(member.clone()));
        }
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::everything()
    }
}

impl Action {
    /// The cases that it puts to targets, to leave some out.
    pub(in crate::scenario) fn case_grid(&mut self) -> Option<&mut CaseGrid> {
        if let Self::Cases(CasesSpec(grid)) = self { Some(grid) } else { None }
    }
}

fn target_is_usable(resolver: &mut Resolver<'_>, file: &CaseFile, kind: TargetKind, target: &Target, node: &Node) {
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
