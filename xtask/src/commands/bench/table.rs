//! The measurements as text.

use std::{fmt::Write as _, time::Duration};

use super::Took;

/// One repetition.
pub(super) struct Row {
    pub(super) ours: Took,
    /// Absent if kind was not run.
    pub(super) kind: Option<Took>,
}

/// A line for each repetition, followed by the median. Each column is the time since the start of the command.
pub(super) fn render(rows: &[Row]) -> String {
    let mut text = String::new();
    line(&mut text, "", ["ours: API", "ours: Ready, DNS", "kind: Ready", "kind: Ready, DNS"].map(str::to_owned));
    for (number, row) in rows.iter().enumerate() {
        line(&mut text, &(number + 1).to_string(), columns(row).map(shown));
    }
    let medians = [0, 1, 2, 3].map(|column| median(rows.iter().filter_map(|row| columns(row)[column]).collect()));
    line(&mut text, "median", medians.map(shown));
    text
}

fn columns(row: &Row) -> [Option<Duration>; 4] {
    let kind = row.kind;
    [Some(row.ours.created), Some(row.ours.serving), kind.map(|took| took.created), kind.map(|took| took.serving)]
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    let upper = *times.get(times.len() / 2)?;
    let lower = times[(times.len() - 1) / 2];
    Some((lower + upper) / 2)
}

fn shown(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
}

fn line(text: &mut String, name: &str, columns: [String; 4]) {
    let [first, second, third, fourth] = columns;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name:>6}  {first:>12}  {second:>16}  {third:>12}  {fourth:>16}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repetition_is_shown_and_missing_figures_are_dashes() {
        let took =
            |created, serving| Took { created: Duration::from_secs(created), serving: Duration::from_secs(serving) };
        let rows = [
            Row { ours: took(10, 20), kind: Some(took(13, 30)) },
            Row { ours: took(12, 22), kind: None },
            Row { ours: took(30, 40), kind: None },
        ];
        let text = render(&rows);
        let lines: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["1", "10.0", "s", "20.0", "s", "13.0", "s", "30.0", "s"]);
        assert_eq!(lines[1], ["2", "12.0", "s", "22.0", "s", "-", "-"]);
        assert_eq!(lines[3], ["median", "12.0", "s", "22.0", "s", "13.0", "s", "30.0", "s"]);
    }

    #[test]
    fn the_median_of_two_lies_between_them() {
        assert_eq!(median(vec![Duration::from_secs(4), Duration::from_secs(2)]), Some(Duration::from_secs(3)));
        assert_eq!(median(Vec::new()), None);
    }
}
