//! Which stores fail, and how.

/// What a store does instead of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It answers that it failed, at once.
    Refuse,
    /// It never answers.
    Hang,
    /// It refuses each row twice and then takes it; of other calls, every second one.
    Flaky,
}

/// How each store fails; none that is not named does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// The usage ledger.
    pub ledger: Option<How>,
    /// The cache.
    pub cache: Option<How>,
    /// The counts of limits.
    pub counters: Option<How>,
}

impl Plan {
    /// Reads `ledger:refuse,cache:hang,counters:flaky`. Parts that say something else are left out: a test
    /// that waits for a failure which never comes shows them.
    pub fn read(text: &str) -> Self {
        let mut plan = Self::default();
        for (store, how) in text.split(',').filter_map(|part| part.trim().split_once(':')) {
            let how = match how {
                "refuse" => How::Refuse,
                "hang" => How::Hang,
                "flaky" => How::Flaky,
                _ => continue,
            };
            match store {
                "ledger" => plan.ledger = Some(how),
                "cache" => plan.cache = Some(how),
                "counters" => plan.counters = Some(how),
                _ => {}
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_has_its_own_fault() {
        let plan = Plan::read("ledger:refuse, cache:hang,counters:flaky");
        assert_eq!(plan.ledger, Some(How::Refuse));
        assert_eq!(plan.cache, Some(How::Hang));
        assert_eq!(plan.counters, Some(How::Flaky));
    }

    #[test]
    fn nothing_fails_unasked() {
        assert_eq!(Plan::read(""), Plan::default());
        assert_eq!(Plan::read("ledger,cache:explode,vault:refuse"), Plan::default());
    }
}
