//! What was right, and what differs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::readers::Reading;

/// Compares readings and gathers what differs.
#[derive(Default)]
pub(crate) struct Score {
    pub(crate) right: usize,
    pub(crate) wrong: Vec<String>,
    /// How often a field was right, and how often it was said.
    pub(crate) fields: BTreeMap<&'static str, (usize, usize)>,
}

impl Score {
    pub(crate) fn compare(
        &mut self,
        id: &Value,
        what: &'static str,
        expected: &impl std::fmt::Debug,
        found: &impl std::fmt::Debug,
    ) {
        let (expected, found) = (format!("{expected:#?}"), format!("{found:#?}"));
        let (right, all) = self.fields.entry(what).or_default();
        *all += 1;
        if expected == found {
            *right += 1;
            self.right += 1;
            return;
        }
        let lines = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
        let lines = lines.map(|(a, b)| differ(a, b));
        self.wrong.push(format!("{id} {what}: {}", lines.unwrap_or_else(|| "one is longer".to_owned())));
    }

    /// Compares two readings field by field; one that both leave empty does not count.
    pub(crate) fn readings(&mut self, id: &Value, expected: &Reading, found: &Reading) {
        let mut wrong = Vec::new();
        let nothing = Reading::default().fields();
        let fields = expected.fields().into_iter().zip(found.fields()).zip(nothing);
        for (((name, expected), (_, found)), (_, nothing)) in fields {
            if expected == nothing && found == nothing {
                continue;
            }
            let (right, all) = self.fields.entry(name).or_default();
            *all += 1;
            if expected == found {
                *right += 1;
            } else {
                wrong.push(format!("{id} {name}: {}", differ(&expected, &found)));
            }
        }
        self.right += usize::from(wrong.is_empty());
        self.wrong.extend(wrong);
    }

    pub(crate) fn report(self, what: &str) {
        println!("{what}: {} right, {} wrong", self.right, self.wrong.len());
        assert!(self.right > 0, "{what}: nothing was compared");
        assert!(self.wrong.is_empty(), "{what}:\n{}", self.wrong.join("\n"));
    }
}

/// Where two texts begin to differ.
fn differ(expected: &str, found: &str) -> String {
    let same = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
    let short = |text: &str| text.chars().skip(same.saturating_sub(40)).take(200).collect::<String>();
    format!("expected {}\n  found {}", short(expected), short(found))
}
