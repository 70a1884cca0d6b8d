//! `traffic`: a ledgered stream of requests beside the other steps, which is started, checked and stopped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Facts, Footprint, Participants, Quantifiers, Repeats, Role, Site, Step, Verb,
    effects::{Credential, Effects, Process},
};
use crate::{
    expectation::matching::parse_duration,
    scenario::{
        resolver::{Part, Resolver},
        server_port::ServerPort,
    },
    yaml::{Node, Place, Problem, Rule, nearest},
};

/// Requests a second that a stream may ask for: shown to be possible without losses of our own.
const FASTEST: u32 = 500;
/// Requests of one stream: about what a node keeps of a container's log.
const LONGEST: u64 = 50_000;

/// A ledgered stream of requests: `start` it, `check` it, `stop` it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrafficSpec {
    #[serde(default)]
    pub start: Option<TrafficStart>,
    /// Stream whose two logs are joined so far: see `scenarios/README.md` for the facts.
    #[serde(default)]
    pub check: Option<String>,
    /// Stream to end; its ledger is then whole, and may be judged.
    #[serde(default)]
    pub stop: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrafficStart {
    pub id: String,
    pub from: String,
    pub to: String,
    pub port: ServerPort,
    /// Send times are fixed by it, however slow the answers are: 1 to 500.
    pub rate_per_second: u32,
    #[serde(default)]
    pub connections: Connections,
    /// Where the certificate comes from that the caller presents on `app-mtls`.
    #[serde(default)]
    pub presents: Presents,
    /// Longest life of the stream, as a duration.
    pub at_most: String,
}

/// Where the certificate of a stream comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presents {
    /// The files of its pod.
    #[default]
    Files,
    /// The Workload API, which is followed.
    Svid,
}

/// How the requests of a stream come by their connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// One for each request.
    Fresh,
    /// Kept until they break.
    LongLived,
    /// Two in ten fresh, six pooled, two long-lived.
    #[default]
    Mixed,
    /// Used again while they are not idle for 10 s or 45 s old.
    Pooled,
}

impl Connections {
    /// As scenario files spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::LongLived => "long-lived",
            Self::Mixed => "mixed",
            Self::Pooled => "pooled",
        }
    }
}

impl Verb for TrafficSpec {
    const ABOUT: About = About {
        usage: "traffic: {start | check | stop}",
        does: "a ledgered stream (below): `check` joins both logs so far, `stop` ends it first",
        shows: "`sent`, `ok`, `lost`, `failed`, `duplicated`, `unattributed`, …",
        facts: Facts::of(&[
            "scheduled",
            "sent",
            "joined",
            "ok",
            "lost",
            "failed",
            "shed",
            "duplicated",
            "unattributed",
            "errors",
            "ended",
            "loss-windows",
            "serials",
            "first-use",
            "pairs",
            "connections",
            "oldest-connection-ms",
            "handshakes-after-not-after",
            "connections-past-not-after",
            "rate",
            "late",
        ]),
        quantifiers: Quantifiers::All,
        repeats: Repeats::AfterEarlierSteps,
    };

    type Written = Self;

    fn resolve(written: Self, site: &Site<'_>, resolver: &mut Resolver<'_>) -> Option<Self> {
        let node = site.node;
        match (&written.start, &written.check, &written.stop) {
            (Some(start), None, None) => start.check(node.nearest(&["start"]), resolver),
            (None, Some(stream), None) => is_started(stream, node.nearest(&["check"]).place, resolver),
            (None, None, Some(stream)) => is_started(stream, node.nearest(&["stop"]).place, resolver),
            _ => {
                let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
                let problem =
                    Problem::new(Rule::Traffic, place, "a stream is started, checked or stopped: one of them per step");
                resolver.complain(problem.help("keep exactly one of `start`, `check` and `stop`"));
            }
        }
        Some(written)
    }

    fn check(&self, _: &Step, _: &Node, _: &mut Resolver<'_>) {}

    fn facts(&self) -> Facts {
        Self::ABOUT.facts
    }

    fn role(&self) -> Role<'_> {
        match (&self.start, &self.check) {
            (Some(_), _) => Role::Steers,
            (None, Some(_)) => Role::Observes,
            (None, None) => Role::SumsUp,
        }
    }

    /// A stream that is looked at or ended has been started by another step; the logs of its ends are read.
    fn effects(&self, participants: &Participants) -> Effects {
        let mut effects = Effects::default();
        let Some(TrafficStart { from, port, presents, .. }) = &self.start else { return effects };
        effects.process(Process::Client(from.clone()));
        match (port, presents) {
            (ServerPort::AppMtls, Presents::Svid) => effects.credential(Credential::Fetched(from.clone())),
            (ServerPort::AppMtls, Presents::Files) => effects.credential(Credential::Presented(from.clone())),
            (ServerPort::Http | ServerPort::Metrics | ServerPort::Tcp, Presents::Files | Presents::Svid) => {}
        }
        if participants.get(from).is_none_or(|member| member.sidecar) {
            effects.credential(Credential::Presented(from.clone()));
        }
        effects
    }

    fn footprint(&self, _: &Participants) -> Footprint {
        Footprint::of_participants()
    }
}

impl TrafficStart {
    fn check(&self, node: &Node, resolver: &mut Resolver<'_>) {
        resolver.member(&self.from, node.nearest(&["from"]).place, Part::Caller);
        if resolver.participants.get(&self.from).is_some_and(|member| member.wire.is_some()) {
            let place = node.nearest(&["from"]).place;
            let message = format!("`{}` has wire options, which a stream does not have", self.from);
            let problem = Problem::new(Rule::Wire, place, message);
            resolver.complain(problem.help("`wire` is for probes; use another participant here"));
        }
        resolver.member(&self.to, node.nearest(&["to"]).place, Part::Server);
        resolver.duration(&self.at_most, node.nearest(&["at-most"]).place);
        self.amount(node, resolver);
        if matches!(self.port, ServerPort::Metrics | ServerPort::Tcp) {
            let place = node.nearest(&["port"]).place;
            let message = format!("the server at `{}` does not log requests by id", self.port.word());
            resolver.complain(Problem::new(Rule::Traffic, place, message).help("use `http` or `app-mtls`"));
        }
        if self.presents == Presents::Svid && self.port != ServerPort::AppMtls {
            let place = node.nearest(&["presents"]).place;
            let message = format!("the caller presents no certificate itself on `{}`", self.port.word());
            let problem = Problem::new(Rule::Traffic, place, message);
            resolver.complain(problem.help("remove `presents`, or use `app-mtls`"));
        }
        let place = node.nearest(&["id"]).place;
        if !resolver.streams.insert(self.id.clone()) {
            let message = format!("a stream `{}` was started before", self.id);
            resolver.complain(Problem::new(Rule::Traffic, place, message));
        }
    }

    /// How many requests a second, and how many in all.
    fn amount(&self, node: &Node, resolver: &mut Resolver<'_>) {
        let place = node.nearest(&["rate-per-second"]).place;
        match self.rate_per_second {
            0 => {
                let problem = Problem::new(Rule::Empty, place, "zero requests prove nothing");
                resolver.complain(problem.help("ask for at least 1"));
            }
            1..=FASTEST => {}
            rate => {
                let message =
                    format!("{rate} requests a second are more than two cores send without losses of their own");
                let problem = Problem::new(Rule::Traffic, place, message);
                resolver.complain(problem.help(format!("ask for at most {FASTEST}")));
            }
        }
        let seconds = parse_duration(&self.at_most).map_or(0, |limit| limit.as_secs());
        if seconds.saturating_mul(self.rate_per_second.into()) > LONGEST {
            let place = node.nearest(&["at-most"]).place;
            let message = format!("{} requests are more than the logs keep", seconds * u64::from(self.rate_per_second));
            resolver.complain(Problem::new(Rule::Traffic, place, message).help(format!("stay below {LONGEST}")));
        }
    }
}

fn is_started(stream: &str, place: Place, resolver: &mut Resolver<'_>) {
    if !resolver.streams.contains(stream) {
        let problem = Problem::new(Rule::Traffic, place, format!("no stream `{stream}` was started before this step"));
        let meant = nearest(stream, resolver.streams.iter().map(String::as_str)).map(str::to_owned);
        resolver.complain(problem.suggest(meant.as_deref()));
    }
}
