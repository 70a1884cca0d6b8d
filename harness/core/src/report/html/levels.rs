//! The matrix of the first screen: areas of the catalogue by level, with the number of requirements per verdict.

use serde::Serialize;

use super::matrix::{area_of, level_word};
use crate::{evidence::plan::Level, report::Report, verdict::Verdict};

/// The matrix; without rows for a run that named no requirement.
#[derive(Debug, Serialize)]
pub(super) struct Levels {
    /// The levels that occur.
    pub head: Vec<&'static str>,
    pub rows: Vec<AreaRow>,
    /// The meaning of each symbol in the matrix.
    pub legend: Vec<Tally>,
}

#[derive(Debug, Serialize)]
pub(super) struct AreaRow {
    pub area: String,
    /// Whether the area has a row in the table of requirements.
    pub examined: bool,
    /// One per level of the head.
    pub cells: Vec<LevelCell>,
}

#[derive(Debug, Serialize)]
pub(super) struct LevelCell {
    /// The class of its colour: the worst verdict, or `none`.
    pub word: &'static str,
    pub tallies: Vec<Tally>,
}

/// A number of requirements with one verdict.
#[derive(Debug, Serialize)]
pub(super) struct Tally {
    pub symbol: char,
    pub word: &'static str,
    pub number: usize,
}

/// One requirement of the catalogue: its verdict is absent when no check names it.
struct Entry<'a> {
    area: &'a str,
    level: Level,
    verdict: Option<Verdict>,
}

pub(super) fn levels(report: &Report) -> Levels {
    let examined = report.requirements.iter().map(|one| Entry {
        area: area_of(&one.id),
        level: one.level,
        verdict: Some(one.verdict),
    });
    let others = report.unexamined.iter().map(|one| Entry { area: area_of(&one.id), level: one.level, verdict: None });
    let entries: Vec<Entry<'_>> = examined.chain(others).collect();
    let levels: Vec<Level> = [Level::Core, Level::Extended, Level::Hardening]
        .into_iter()
        .filter(|level| entries.iter().any(|entry| entry.level == *level))
        .collect();
    let mut areas: Vec<&str> = Vec::new();
    for entry in &entries {
        if !areas.contains(&entry.area) {
            areas.push(entry.area);
        }
    }
    // What is worst comes first; equals stay in the order of the catalogue, and what nobody examined comes last.
    let worst =
        |area: &&str| entries.iter().filter(|entry| entry.area == *area).filter_map(|entry| entry.verdict).max();
    areas.sort_by_key(|area| std::cmp::Reverse(worst(area)));
    let rows = areas.iter().map(|area| {
        let own: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.area == *area).collect();
        AreaRow {
            area: (*area).to_owned(),
            examined: own.iter().any(|entry| entry.verdict.is_some()),
            cells: levels.iter().map(|level| cell(own.iter().filter(|entry| entry.level == *level).copied())).collect(),
        }
    });
    Levels {
        rows: rows.collect(),
        legend: if entries.is_empty() { Vec::new() } else { cell(entries.iter()).tallies },
        head: levels.into_iter().map(level_word).collect(),
    }
}

fn cell<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> LevelCell {
    let verdicts: Vec<Option<Verdict>> = entries.map(|entry| entry.verdict).collect();
    let number = |wanted: Option<Verdict>| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let mut tallies: Vec<Tally> = Verdict::ALL
        .into_iter()
        .map(|verdict| Tally { symbol: verdict.symbol(), word: verdict.word(), number: number(Some(verdict)) })
        .collect();
    tallies.push(Tally { symbol: '·', word: "not examined", number: number(None) });
    tallies.retain(|tally| tally.number > 0);
    let worst = verdicts.iter().copied().max().flatten();
    LevelCell { word: worst.map_or("none", Verdict::word), tallies }
}
