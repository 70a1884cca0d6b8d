//! Shows a build's events: spinners on a terminal, plain lines otherwise.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mtls_images::{Event, Phase, Progress, State};

/// The renderer that fits standard error.
pub(crate) fn for_this_output() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Spinners::default()) } else { Box::new(Lines) }
}

/// Prints one line for each event.
struct Lines;

impl Progress for Lines {
    fn report(&mut self, event: &Event) {
        // Progress that cannot be written must not end a build.
        let _ = writeln!(std::io::stderr().lock(), "{}", line(event));
    }
}

/// Shows one spinner with its elapsed time for each phase in progress.
#[derive(Default)]
struct Spinners {
    area: MultiProgress,
    running: HashMap<(String, String), ProgressBar>,
}

impl Progress for Spinners {
    fn report(&mut self, event: &Event) {
        let key = (event.component.clone(), event.phase.to_string());
        if let Some(spinner) = self.running.remove(&key) {
            spinner.finish_and_clear();
        }
        if event.state == State::Started {
            let spinner = self.area.add(ProgressBar::new_spinner());
            spinner.set_style(style());
            spinner.set_message(format!("{:14} {}", event.component, event.phase));
            spinner.enable_steady_tick(Duration::from_millis(200));
            self.running.insert(key, spinner);
        } else {
            // As above.
            let _ = self.area.println(line(event));
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn line(event: &Event) -> String {
    let state = match (event.state, event.phase) {
        (State::Cached, _) => "cached".to_owned(),
        (State::Finished(elapsed), _) => format!("{:.1} s", elapsed.as_secs_f32()),
        (State::Started, Phase::Wait) => "another build holds the cache; waiting for it".to_owned(),
        (State::Started, _) => "started".to_owned(),
    };
    format!("{:14} {:9} {state}", event.component, event.phase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_component_phase_and_elapsed_time() {
        let event = Event {
            component: "etcd".to_owned(),
            phase: Phase::Build,
            state: State::Finished(Duration::from_millis(68_940)),
        };
        assert_eq!(line(&event), "etcd           build     68.9 s");
    }
}
