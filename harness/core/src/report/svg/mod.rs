//! Plots as inline SVG, drawn here so that a report needs neither a network nor a script.
//!
//! Input: a report. Output: [`Chart`]s, whose labels are texts for the template to escape and whose drawings are finished
//! markup, escaped by [`draw`]. Horizontal places are percentages and vertical ones pixels, so a plot fits every width
//! with letters of the same size. A plot without recorded data does not exist: the functions return nothing for it.

mod axis;
mod draw;
mod latency;
mod lifetimes;
mod run;
mod serials;

use serde::Serialize;

pub(super) use draw::Drawing;
pub(super) use latency::latency;
pub(super) use lifetimes::lifetimes;
pub(super) use run::run;
pub(super) use serials::serials;

/// Rows of shapes above one axis.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// What the chart is of, such as the check of a stream; may be empty.
    pub name: String,
    /// What the chart shows, in one sentence for readers that do not see it.
    pub says: String,
    pub strips: Vec<Strip>,
    pub axis: Drawing,
    /// What the axis counts.
    pub unit: String,
}

/// One row: a label, a remark beside it, and its shapes.
#[derive(Debug, Serialize)]
pub(super) struct Strip {
    pub label: String,
    pub note: String,
    pub drawing: Drawing,
}
