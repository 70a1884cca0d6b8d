//! The section of plots: what changed over time, where the record has it.

use serde::Serialize;

use crate::report::{
    Report,
    svg::{Chart, latency, lifetimes, serials},
};

/// A plot with its title.
#[derive(Debug, Serialize)]
pub(super) struct Plot {
    pub title: &'static str,
    pub lead: &'static str,
    pub charts: Vec<Chart>,
}

/// The plots that have data.
pub(super) fn plots(report: &Report) -> Vec<Plot> {
    let all = [
        Plot {
            title: "Rotation under traffic",
            lead: "Which certificate each end presented, and when requests were lost or failed. Serials are those that \
                   the other end saw.",
            charts: serials(report),
        },
        Plot {
            title: "Certificate lifetimes",
            lead: "When in their life certificates were renewed: ◇ is when the renewal is due, ◆ when the successor was \
                   first observed.",
            charts: lifetimes(report).into_iter().collect(),
        },
        Plot {
            title: "Handshake times",
            lead: "How long the TLS handshake took in the caller's view, by version and kind. Attempts under a sabotage \
                   are left out.",
            charts: latency(report).into_iter().collect(),
        },
    ];
    all.into_iter().filter(|plot| !plot.charts.is_empty()).collect()
}
