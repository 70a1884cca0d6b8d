//! The positive control of a refusal: a client that gets in at the same endpoint. Without it, a server that is down would look perfectly
//! strict.
//!
//! The control stands in the same grid. While a fault is live no client may get in at all; then it stands in a grid before the fault and
//! in one after `heal`, so that it is the fault that refuses. Which legend words let a client in is decided in `grid`.

use super::Resolver;
use crate::{scenario::server_port::ServerPort, yaml::Problem};

/// Server, column, and which exchange of a caller.
pub(in crate::scenario) type Endpoint = (String, ServerPort, usize);

/// Endpoints so far, with the number of the grid in which each was seen.
#[derive(Default)]
pub(in crate::scenario) struct PositiveControls {
    now: usize,
    open: Vec<(usize, Endpoint)>,
    shut: Vec<(usize, Endpoint, Problem)>,
    faults: Vec<Fault>,
}

struct Fault {
    name: String,
    from: usize,
    until: Option<usize>,
}

impl PositiveControls {
    /// Another grid begins.
    pub(in crate::scenario) fn next(&mut self) {
        self.now += 1;
    }

    pub(in crate::scenario) fn let_in(&mut self, endpoint: Endpoint) {
        self.open.push((self.now, endpoint));
    }

    /// No client gets in at this endpoint; the problem is reported unless a control is found elsewhere.
    pub(in crate::scenario) fn denied(&mut self, endpoint: Endpoint, problem: Problem) {
        self.shut.push((self.now, endpoint, problem));
    }

    pub(in crate::scenario) fn broken(&mut self, fault: &str) {
        self.next();
        self.faults.push(Fault { name: fault.to_owned(), from: self.now, until: None });
    }

    pub(in crate::scenario) fn healed(&mut self, fault: &str) {
        self.next();
        if let Some(fault) = self.faults.iter_mut().find(|known| known.name == fault) {
            fault.until.get_or_insert(self.now);
        }
    }

    fn has_control(&self, at: usize, endpoint: &Endpoint) -> bool {
        let opens = |when: &dyn Fn(usize) -> bool| self.open.iter().any(|(at, open)| open == endpoint && when(*at));
        self.faults.iter().any(|fault| {
            let Some(until) = fault.until else { return false };
            (fault.from..until).contains(&at) && opens(&|at| at < fault.from) && opens(&|at| at > until)
        })
    }
}

impl Resolver<'_> {
    /// Complains of refusals without a positive control. To be called when the whole document has been read.
    pub(in crate::scenario) fn unpaired(&mut self) {
        for (at, endpoint, problem) in std::mem::take(&mut self.positive_controls.shut) {
            if !self.positive_controls.has_control(at, &endpoint) {
                self.complain(problem);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Place, Rule};

    fn is_refused(steps: &[&str]) -> bool {
        let mut positive_controls = PositiveControls::default();
        let endpoint = || ("server".to_owned(), ServerPort::Http, 0);
        for word in steps {
            match *word {
                "break" => positive_controls.broken("outage"),
                "heal" => positive_controls.healed("outage"),
                "in" => {
                    positive_controls.next();
                    positive_controls.let_in(endpoint());
                }
                _ => {
                    positive_controls.next();
                    positive_controls.denied(endpoint(), Problem::new(Rule::DenialWithoutControl, Place::START, ""));
                }
            }
        }
        let (at, endpoint, _) = &positive_controls.shut[0];
        !positive_controls.has_control(*at, endpoint)
    }

    #[test]
    fn a_fault_has_its_controls_before_and_after() {
        assert!(!is_refused(&["in", "break", "out", "heal", "in"]));
        assert!(is_refused(&["break", "out", "heal", "in"]));
        assert!(is_refused(&["in", "break", "out", "heal"]));
        assert!(is_refused(&["in", "break", "out"]));
        assert!(is_refused(&["in", "break", "heal", "in", "out"]));
    }
}
