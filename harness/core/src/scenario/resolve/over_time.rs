//! Verbs that sum up a time: streams of requests, and renewals of certificates.

use super::{Resolver, participants::Part};
use crate::{
    expectation::matching::parse_duration,
    scenario::model::{Presents, Rotate, ServerPort, Traffic, Trigger},
    yaml::{Node, Place, Problem, Rule, nearest},
};

/// Requests a second that a stream may ask for: shown to be possible without losses of our own.
const FASTEST: u32 = 500;
/// Requests of one stream: about what a node keeps of a container's log.
const LONGEST: u64 = 50_000;

impl Resolver<'_> {
    pub(super) fn traffic(&mut self, traffic: &Traffic, node: &Node) {
        match (&traffic.start, &traffic.check, &traffic.stop) {
            (Some(start), None, None) => {
                let node = node.nearest(&["start"]);
                self.member(&start.from, node.nearest(&["from"]).place, Part::Caller);
                if self.participants.get(&start.from).is_some_and(|member| member.wire.is_some()) {
                    let place = node.nearest(&["from"]).place;
                    let message = format!("`{}` has wire options, which a stream does not have", start.from);
                    let problem = Problem::new(Rule::Wire, place, message);
                    self.complain(problem.help("`wire` is for probes; use another participant here"));
                }
                self.member(&start.to, node.nearest(&["to"]).place, Part::Server);
                self.duration(&start.at_most, node.nearest(&["at-most"]).place);
                let place = node.nearest(&["rate-per-second"]).place;
                match start.rate_per_second {
                    0 => {
                        let problem = Problem::new(Rule::Empty, place, "zero requests prove nothing");
                        self.complain(problem.help("ask for at least 1"));
                    }
                    1..=FASTEST => {}
                    rate => {
                        let message = format!(
                            "{rate} requests a second are more than two cores send without losses of their own"
                        );
                        let problem = Problem::new(Rule::Traffic, place, message);
                        self.complain(problem.help(format!("ask for at most {FASTEST}")));
                    }
                }
                let seconds = parse_duration(&start.at_most).map_or(0, |limit| limit.as_secs());
                if seconds.saturating_mul(start.rate_per_second.into()) > LONGEST {
                    let place = node.nearest(&["at-most"]).place;
                    let message =
                        format!("{} requests are more than the logs keep", seconds * u64::from(start.rate_per_second));
                    self.complain(Problem::new(Rule::Traffic, place, message).help(format!("stay below {LONGEST}")));
                }
                if matches!(start.port, ServerPort::Metrics | ServerPort::Tcp) {
                    let place = node.nearest(&["port"]).place;
                    let message = format!("the server at `{}` does not log requests by id", start.port.word());
                    self.complain(Problem::new(Rule::Traffic, place, message).help("use `http` or `app-mtls`"));
                }
                if start.presents == Presents::Svid && start.port != ServerPort::AppMtls {
                    let place = node.nearest(&["presents"]).place;
                    let message = format!("the caller presents no certificate itself on `{}`", start.port.word());
                    self.complain(
                        Problem::new(Rule::Traffic, place, message).help("remove `presents`, or use `app-mtls`"),
                    );
                }
                let place = node.nearest(&["id"]).place;
                if !self.streams.insert(start.id.clone()) {
                    self.complain(Problem::new(
                        Rule::Traffic,
                        place,
                        format!("a stream `{}` was started before", start.id),
                    ));
                }
            }
            (None, Some(stream), None) => self.stream(stream, node.nearest(&["check"]).place),
            (None, None, Some(stream)) => self.stream(stream, node.nearest(&["stop"]).place),
            _ => {
                let place = node.entries().next().map_or(node.place, |(key, _)| key.place);
                let problem =
                    Problem::new(Rule::Traffic, place, "a stream is started, checked or stopped: one of them per step");
                self.complain(problem.help("keep exactly one of `start`, `check` and `stop`"));
            }
        }
    }

    fn stream(&mut self, stream: &str, place: Place) {
        if !self.streams.contains(stream) {
            let problem =
                Problem::new(Rule::Traffic, place, format!("no stream `{stream}` was started before this step"));
            let meant = nearest(stream, self.streams.iter().map(String::as_str)).map(str::to_owned);
            self.complain(problem.suggest(meant.as_deref()));
        }
    }

    pub(super) fn rotate(&mut self, rotate: &Rotate, node: &Node) {
        let verb = node.entries().next().map_or(node.place, |(key, _)| key.place);
        if let Some(secret) = &rotate.secret {
            self.secret(secret, node.nearest(&["secret"]).place);
        }
        for (key, member) in [("svid", &rotate.svid), ("of", &rotate.of)] {
            if let Some(member) = member {
                self.member(member, node.nearest(&[key]).place, Part::Anyone);
            }
        }
        match (&rotate.secret, &rotate.svid, &rotate.of, rotate.trigger) {
            (Some(_), None, None, Trigger::DeleteSecret | Trigger::Natural | Trigger::Renew)
            | (None, Some(_), None, Trigger::Natural | Trigger::NextAuthority)
            | (None, None, Some(_), Trigger::Reissue) => {}
            _ => {
                let problem =
                    Problem::new(Rule::Secret, verb, "this does not say whose certificate is renewed, or how");
                self.complain(problem.help(
                    "`secret` with `trigger: natural`, `delete-secret` or `renew`, `svid` with `trigger: natural` or \
                     `next-authority`, or `of` with `trigger: reissue`",
                ));
            }
        }
        if let Some(lifetime) = &rotate.lifetime {
            let place = node.nearest(&["lifetime"]).place;
            self.duration(lifetime, place);
            if rotate.trigger != Trigger::Reissue {
                let problem =
                    Problem::new(Rule::Secret, place, "the issuer of this certificate decides how long it is valid");
                self.complain(problem.help("drop `lifetime`: it goes with `trigger: reissue`"));
            }
        }
        if rotate.times == 0 {
            let place = node.nearest(&["times"]).place;
            let problem = Problem::new(Rule::Empty, place, "zero rotations prove nothing");
            self.complain(problem.help("ask for at least 1"));
        }
    }
}
