//! The twin of a refusal: somebody who gets in through the same door, without whom a server that is down would look perfectly strict.
//!
//! The twin stands in the same grid. While a fault is live nobody may get in at all; then it stands in a grid before the fault and
//! in one after its cure, so that it is the fault that refuses. Which legend words let in is the business of `grid`.

use super::Resolver;
use crate::{scenario::model::Column, yaml::Problem};

/// Server, column, and which exchange of a caller.
pub(super) type Door = (String, Column, usize);

/// What is known of doors so far, with the place in the story where each was seen.
#[derive(Default)]
pub(super) struct PositiveControls {
    now: usize,
    open: Vec<(usize, Door)>,
    shut: Vec<(usize, Door, Problem)>,
    faults: Vec<Fault>,
}

struct Fault {
    name: String,
    from: usize,
    until: Option<usize>,
}

impl PositiveControls {
    /// Another grid begins.
    pub(super) fn next(&mut self) {
        self.now += 1;
    }

    pub(super) fn let_in(&mut self, door: Door) {
        self.open.push((self.now, door));
    }

    /// Nobody gets in through this door; the problem is told unless a twin is found elsewhere.
    pub(super) fn denied(&mut self, door: Door, problem: Problem) {
        self.shut.push((self.now, door, problem));
    }

    pub(super) fn broken(&mut self, fault: &str) {
        self.next();
        self.faults.push(Fault { name: fault.to_owned(), from: self.now, until: None });
    }

    pub(super) fn healed(&mut self, fault: &str) {
        self.next();
        if let Some(fault) = self.faults.iter_mut().find(|known| known.name == fault) {
            fault.until.get_or_insert(self.now);
        }
    }

    fn has_twin(&self, at: usize, door: &Door) -> bool {
        let opens = |when: &dyn Fn(usize) -> bool| self.open.iter().any(|(at, open)| open == door && when(*at));
        self.faults.iter().any(|fault| {
            let Some(until) = fault.until else { return false };
            (fault.from..until).contains(&at) && opens(&|at| at < fault.from) && opens(&|at| at > until)
        })
    }
}

impl Resolver<'_> {
    /// Complains of refusals without a twin. To be called when the whole document has been read.
    pub(super) fn unpaired(&mut self) {
        for (at, door, problem) in std::mem::take(&mut self.positive_controls.shut) {
            if !self.positive_controls.has_twin(at, &door) {
                self.complain(problem);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Place, Rule};

    fn told(story: &[&str]) -> bool {
        let mut positive_controls = PositiveControls::default();
        let door = || ("server".to_owned(), Column::Http, 0);
        for word in story {
            match *word {
                "break" => positive_controls.broken("outage"),
                "heal" => positive_controls.healed("outage"),
                "in" => {
                    positive_controls.next();
                    positive_controls.let_in(door());
                }
                _ => {
                    positive_controls.next();
                    positive_controls.denied(door(), Problem::new(Rule::DenialWithoutTwin, Place::START, ""));
                }
            }
        }
        let (at, door, _) = &positive_controls.shut[0];
        !positive_controls.has_twin(*at, door)
    }

    #[test]
    fn a_fault_has_its_twins_before_and_after() {
        assert!(!told(&["in", "break", "out", "heal", "in"]));
        assert!(told(&["break", "out", "heal", "in"]));
        assert!(told(&["in", "break", "out", "heal"]));
        assert!(told(&["in", "break", "out"]));
        assert!(told(&["in", "break", "heal", "in", "out"]));
    }
}
