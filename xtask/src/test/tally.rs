//! Counting what a suite printed.

/// How many checks went which way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// What was not run, each with its reason.
    pub(crate) skipped: Vec<String>,
}

impl Tally {
    pub(crate) fn success() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    pub(crate) fn failure() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }

    /// Takes in one line of a suite's output. Three kinds count: cargo's `test result: … N passed; N failed; …`,
    /// our suites' `N passed, N failed, N skipped`, and what names a skipped test, cargo's
    /// `test NAME ... ignored, REASON` and our suites' `skipped: NAME: REASON`.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.read_counts(rest.split_once(". ").map_or(rest, |(_, counts)| counts), "; ");
        } else if let Some(skipped) = line.strip_prefix("skipped: ") {
            self.skipped.push(skipped.to_owned());
        } else if let Some((name, reason)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored"))
        {
            self.skipped.push(format!("{name}{}", reason.replacen(", ", ": ", 1)));
        } else if line.ends_with(" skipped") {
            self.read_counts(line, ", ");
        }
    }

    fn read_counts(&mut self, counts: &str, separator: &str) {
        for count in counts.split(separator) {
            let Some((number, kind)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match kind {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn cargo_results_add_up() {
        let output = "test a ... ok\ntest b ... ignored, needs a network\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let skipped = vec!["b: needs a network".to_owned()];
        assert_eq!(tally(output), Tally { passed: 4, failed: 2, skipped });
    }

    #[test]
    fn our_suites_results_add_up() {
        let output = "skipped: images: no recordings here\n80 passed, 1 failed, 1 skipped";
        let skipped = vec!["images: no recordings here".to_owned()];
        assert_eq!(tally(output), Tally { passed: 80, failed: 1, skipped });
    }

    #[test]
    fn other_lines_do_not_count() {
        assert_eq!(tally("12 passed tests were skipped\nskipped 3\ntest result"), Tally::default());
    }
}
