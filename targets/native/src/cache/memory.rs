//! The part of the cache that is in memory: entries, and keys that the disk was asked for in vain.
//!
//! A conversation is sent whole with each of its turns, and asks for the same keys again each time. Most
//! of what is asked for in vain was never there, so a key that the disk has not is remembered too, for
//! [a moment](ABSENT): no longer, since another process may put it, when one takes over from another.
//!
//! Two generations: what is put or found goes to the young one; when that is full it becomes the
//! old one, and what was old and was not asked for meanwhile is forgotten. That keeps about what a
//! list of last uses would, for two look-ups and no list.

use std::{collections::HashMap, mem};

use bytes::Bytes;
use tollbridge_core::cache::sql::Entry;

/// The most bytes of one generation.
const GENERATION: usize = 16 << 20;

/// What an entry takes beside its key and its value, about.
const OVERHEAD: usize = 96;

/// How long a key counts as absent that the disk had not, in seconds.
const ABSENT: u64 = 30;

/// What is known of a key without the disk.
#[derive(Debug, Clone)]
enum Known {
    /// Its value.
    Entry(Entry),
    /// That it has none, up to this second.
    AbsentUntil(u64),
}

impl Known {
    fn size(&self, key: &str) -> usize {
        let value = if let Self::Entry(entry) = self { entry.value.len() } else { 0 };
        key.len() + value + OVERHEAD
    }
}

/// Entries of at most twice [`GENERATION`].
#[derive(Default)]
pub(super) struct Memory {
    young: HashMap<Box<str>, Known>,
    old: HashMap<Box<str>, Known>,
    /// Of the young generation.
    bytes: usize,
}

impl Memory {
    /// Keeps an entry, unless it alone would fill a generation.
    pub(super) fn insert(&mut self, key: &str, entry: Entry) {
        self.keep(key, Known::Entry(entry));
    }

    /// Keeps what the disk said of a key, where nothing newer is known; gives the newest.
    pub(super) fn learn(&mut self, key: &str, entry: Option<Entry>, now: u64) -> Option<Bytes> {
        if let Some(newer) = self.get(key, now) {
            return newer;
        }
        let value = entry.as_ref().map(|entry| entry.value.clone());
        self.keep(key, entry.map_or(Known::AbsentUntil(now + ABSENT), Known::Entry));
        value
    }

    /// Keeps that a key has no value any more.
    pub(super) fn remove(&mut self, key: &str, now: u64) {
        self.keep(key, Known::AbsentUntil(now + ABSENT));
    }

    fn keep(&mut self, key: &str, known: Known) {
        let size = known.size(key);
        self.forget(key);
        if size > GENERATION {
            return;
        }
        if self.bytes + size > GENERATION {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += size;
        self.young.insert(key.into(), known);
    }

    /// The value of a key, or that it has none; `None` where only the disk knows. An entry stays for
    /// longer because it was asked for.
    pub(super) fn get(&mut self, key: &str, now: u64) -> Option<Option<Bytes>> {
        let known = match self.young.get(key) {
            Some(known) => known.clone(),
            None => {
                let known = self.old.remove(key)?;
                self.keep(key, known.clone());
                known
            }
        };
        match known {
            Known::Entry(entry) => Some((entry.expires > now).then_some(entry.value)),
            Known::AbsentUntil(until) => (until > now).then_some(None),
        }
    }

    fn forget(&mut self, key: &str) {
        self.old.remove(key);
        if let Some(known) = self.young.remove(key) {
            self.bytes -= known.size(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: usize) -> Entry {
        Entry { value: vec![0; size].into(), expires: 100 }
    }

    #[test]
    fn memory_is_bounded_and_keeps_what_is_asked_for() {
        let mut memory = Memory::default();
        memory.insert("asked for", entry(1));
        for i in 0..100 {
            memory.insert(&i.to_string(), entry(1 << 20));
            assert!(memory.get("asked for", 0).is_some());
            let all = memory.young.iter().chain(&memory.old);
            let held: usize = all.map(|(key, known)| known.size(key)).sum();
            assert!(held <= 2 * GENERATION, "{held}");
        }
        assert!(memory.get("0", 0).is_none() && memory.get("99", 0).is_some());
    }

    #[test]
    fn what_is_larger_than_memory_is_not_kept_in_it() {
        let mut memory = Memory::default();
        memory.insert("k", entry(1));
        memory.insert("k", entry(GENERATION));
        assert!(memory.get("k", 0).is_none(), "the older value is not the key's any more");
        assert_eq!(memory.bytes, 0);
    }

    #[test]
    fn that_a_key_is_absent_is_known_for_a_moment() {
        let mut memory = Memory::default();
        memory.learn("k", None, 10);
        assert_eq!(memory.get("k", 10 + ABSENT - 1), Some(None));
        assert_eq!(memory.get("k", 10 + ABSENT), None, "it is time to ask the disk again");
        memory.learn("k", Some(entry(2)), 10 + ABSENT);
        assert_eq!(memory.get("k", 50).flatten().map(|value| value.len()), Some(2));
    }

    #[test]
    fn what_the_disk_says_replaces_nothing_newer() {
        let mut memory = Memory::default();
        memory.insert("k", entry(3));
        memory.learn("k", None, 1);
        memory.learn("k", Some(entry(2)), 1);
        assert_eq!(memory.get("k", 1).flatten().map(|value| value.len()), Some(3));
        assert_eq!(memory.get("k", 100), Some(None), "it has expired");
    }
}
