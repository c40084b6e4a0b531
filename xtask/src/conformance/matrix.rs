//! Cases by targets.
//!
//! A group whose cases are all green everywhere is one line of counts; every other case has a line of its own
//! below, with the reason where a target is excused.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// What came of a case on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Passed,
    Failed,
    /// Excused, and why.
    Skipped(String),
    /// No part of this target's suite.
    Foreign,
}

impl Mark {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped(_) => "excused",
            Self::Foreign => "-",
        }
    }
}

/// The reports of some targets, side by side.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    targets: Vec<String>,
    /// The marks of each case, by group and name, in the order of the targets.
    cases: BTreeMap<(String, String), Vec<Mark>>,
}

impl Matrix {
    /// Adds a target's report: a line for each case, of group, name, outcome and reason, with tabs between.
    pub(crate) fn add(&mut self, target: &str, report: &str) {
        let place = self.targets.len();
        self.targets.push(target.to_owned());
        for line in report.lines() {
            let mut parts = line.split('\t').map(str::to_owned);
            let (Some(group), Some(name), Some(word)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let mark = match word.as_str() {
                "passed" => Mark::Passed,
                "skipped" => Mark::Skipped(parts.next().unwrap_or_default()),
                _ => Mark::Failed,
            };
            let marks = self.cases.entry((group, name)).or_default();
            marks.resize(place, Mark::Foreign);
            marks.push(mark);
        }
        for marks in self.cases.values_mut() {
            marks.resize(place + 1, Mark::Foreign);
        }
    }

    /// How many cases passed on each target.
    pub(crate) fn passed(&self) -> impl Iterator<Item = (&str, usize)> {
        let count = |place: usize| self.cases.values().filter(|marks| marks[place] == Mark::Passed).count();
        self.targets.iter().enumerate().map(move |(place, target)| (target.as_str(), count(place)))
    }

    fn groups(&self) -> BTreeMap<&str, Vec<&Vec<Mark>>> {
        let mut groups: BTreeMap<&str, Vec<&Vec<Mark>>> = BTreeMap::new();
        for ((group, _), marks) in &self.cases {
            groups.entry(group).or_default().push(marks);
        }
        groups
    }
}

/// `passed/all` of a group on a target; nothing where no case of it is the target's.
fn counts(cases: &[&Vec<Mark>], place: usize) -> String {
    let own = cases.iter().filter(|marks| marks[place] != Mark::Foreign).count();
    let passed = cases.iter().filter(|marks| marks[place] == Mark::Passed).count();
    if own == 0 { "-".to_owned() } else { format!("{passed}/{own}") }
}

impl Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.cases.keys().map(|(group, name)| group.len() + name.len() + 2).max();
        let width = widest.unwrap_or_default().clamp(10, 72);
        let head = |f: &mut fmt::Formatter<'_>, title: &str| {
            write!(f, "{title:width$}")?;
            self.targets.iter().try_for_each(|target| write!(f, "  {target:>10}"))?;
            writeln!(f)
        };
        head(f, "group")?;
        for (group, cases) in self.groups() {
            write!(f, "{group:width$}")?;
            for place in 0..self.targets.len() {
                write!(f, "  {:>10}", counts(&cases, place))?;
            }
            writeln!(f)?;
        }
        write!(f, "{:width$}", "passed")?;
        self.passed().try_for_each(|(_, passed)| write!(f, "  {passed:>10}"))?;
        writeln!(f)?;

        let uneven: Vec<_> =
            self.cases.iter().filter(|(_, marks)| marks.iter().any(|mark| *mark != Mark::Passed)).collect();
        if uneven.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        head(f, "cases that are not green everywhere")?;
        let mut reasons: Vec<(&str, &str)> = Vec::new();
        for ((group, name), marks) in uneven {
            write!(f, "{:width$}", format!("{group}: {name}"))?;
            for (target, mark) in self.targets.iter().zip(marks) {
                write!(f, "  {:>10}", mark.word())?;
                if let Mark::Skipped(reason) = mark
                    && !reasons.contains(&(target, reason))
                {
                    reasons.push((target, reason));
                }
            }
            writeln!(f)?;
        }
        reasons.iter().try_for_each(|(target, reason)| writeln!(f, "excused on {target}: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        let mut matrix = Matrix::default();
        matrix.add("one", "relay\tbytes\tpassed\t\nrelay\tzip\tpassed\t\nprogram\tsignals\tpassed\t\n");
        matrix
            .add("two", "relay\tbytes\tpassed\t\nrelay\tzip\tskipped\tit cannot\nstores\tnone\tfailed\tno\n");
        matrix
    }

    #[test]
    fn passes_are_counted_by_target() {
        assert_eq!(matrix().passed().collect::<Vec<_>>(), [("one", 3), ("two", 1)]);
    }

    #[test]
    fn groups_are_counted_and_what_is_not_green_is_named() {
        let text = matrix().to_string();
        let row = |start: &str| {
            let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_default();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(row("relay "), ["relay", "2/2", "1/2"]);
        assert_eq!(row("program "), ["program", "1/1", "-"]);
        assert_eq!(row("relay: zip"), ["relay:", "zip", "passed", "excused"]);
        assert_eq!(row("program: "), ["program:", "signals", "passed", "-"]);
        assert_eq!(row("stores: "), ["stores:", "none", "-", "FAILED"]);
        assert!(text.contains("excused on two: it cannot"), "{text}");
        assert!(!text.contains("relay: bytes"), "{text}");
    }
}
