//! Which known name was probably meant.
//!
//! Every refusal of an unknown name (a setting, a provider, a model) names the nearest known one.
//! Nearness is the number of single-character slips between the two: a letter too many, one too
//! few, a wrong one, or two neighbours swapped. A candidate more than a third of the name's length
//! away is no help and is not offered.

/// Longest name that is compared; a longer one is nobody's slip of the finger.
const LONGEST: usize = 128;

/// The candidate nearest to `name`, the first of several equally near. Case does not count.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = letters(name)?;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(other) = letters(candidate) else { continue };
        let most =
            best.map_or_else(|| tolerance(name.len().max(other.len())), |(slips, _)| slips.saturating_sub(1));
        if name.len().abs_diff(other.len()) > most {
            continue;
        }
        let slips = slips(&name, &other);
        if slips <= most && best.is_none_or(|(least, _)| slips < least) {
            best = Some((slips, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many slips make `a` into `b`, case counting.
pub fn distance(a: &str, b: &str) -> usize {
    slips(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
}

fn letters(name: &str) -> Option<Vec<char>> {
    (name.len() <= LONGEST).then(|| name.chars().map(|c| c.to_ascii_lowercase()).collect())
}

fn tolerance(length: usize) -> usize {
    match length {
        0..=2 => 1,
        3..=5 => 2,
        _ => length.div_ceil(3),
    }
}

/// The optimal string alignment distance, by rows of its table.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        let mut left = i + 1;
        row.push(left);
        let swapped_from = i.checked_sub(1).and_then(|i| a.get(i)).copied();
        let mut last = None;
        for (j, &y) in b.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut least = (left + 1).min(at(&above, j + 1) + 1).min(at(&above, j) + usize::from(x != y));
            if last == Some(x) && swapped_from == Some(y) && j > 0 {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
            left = least;
            last = Some(y);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_slips() {
        for (a, b, want) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("API_KYE", "API_KEY", 1),
            ("base_ulr", "base_url", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
            ("gpt-4o", "gpt-4.1", 2),
        ] {
            assert_eq!(distance(a, b), want, "{a} {b}");
            assert_eq!(distance(b, a), want, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_is_offered_and_nothing_far_away() {
        let known = ["providers", "aliases", "keys", "timeouts", "retry"];
        for (name, want) in [
            ("provider", Some("providers")),
            ("Providers", Some("providers")),
            ("alias", Some("aliases")),
            ("kyes", Some("keys")),
            ("time_outs", Some("timeouts")),
            ("guardrails", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, known), want, "{name}");
        }
        assert_eq!(nearest("ab", ["ac", "ad"]), Some("ac"), "the first of equals");
        assert_eq!(nearest(&"a".repeat(1_000), ["a"]), None);
    }

    proptest::proptest! {
        #[test]
        fn one_slip_is_a_distance_of_one(word in "[a-z]{1,12}", at: proptest::sample::Index, letter in "[A-Z]") {
            let at = at.index(word.len());
            let (before, after) = word.split_at(at);
            for slipped in [format!("{before}{letter}{after}"), format!("{before}{}", &after[1..]), format!("{before}{letter}{}", &after[1..])] {
                proptest::prop_assert_eq!(distance(&word, &slipped), 1);
            }
        }
    }
}
