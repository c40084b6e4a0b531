//! The part of the cache that is in memory.
//!
//! Two generations: what is put or found goes to the young one; when that is full it becomes the
//! old one, and what was old and was not asked for meanwhile is forgotten. That keeps about what a
//! list of last uses would, for two look-ups and no list.

use std::{collections::HashMap, mem};

use tollbridge_core::cache::sql::Entry;

/// The most bytes of one generation.
const GENERATION: usize = 16 << 20;

/// What an entry takes beside its key and its value, about.
const OVERHEAD: usize = 96;

/// Entries of at most twice [`GENERATION`].
#[derive(Default)]
pub(super) struct Memory {
    young: HashMap<Box<str>, Entry>,
    old: HashMap<Box<str>, Entry>,
    /// Of the young generation.
    bytes: usize,
}

impl Memory {
    /// Keeps an entry, unless it alone would fill a generation.
    pub(super) fn insert(&mut self, key: &str, entry: Entry) {
        let size = key.len() + entry.value.len() + OVERHEAD;
        self.remove(key);
        if size > GENERATION {
            return;
        }
        if self.bytes + size > GENERATION {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += size;
        self.young.insert(key.into(), entry);
    }

    /// The entry of a key, which stays for longer because it was asked for.
    pub(super) fn get(&mut self, key: &str) -> Option<Entry> {
        if let Some(entry) = self.young.get(key) {
            return Some(entry.clone());
        }
        let entry = self.old.remove(key)?;
        self.insert(key, entry.clone());
        Some(entry)
    }

    /// Forgets a key.
    pub(super) fn remove(&mut self, key: &str) {
        self.old.remove(key);
        if let Some(entry) = self.young.remove(key) {
            self.bytes -= key.len() + entry.value.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: usize) -> Entry {
        Entry { value: vec![0; size].into(), expires: 1 }
    }

    #[test]
    fn memory_is_bounded_and_keeps_what_is_asked_for() {
        let mut memory = Memory::default();
        memory.insert("asked for", entry(1));
        for i in 0..100 {
            memory.insert(&i.to_string(), entry(1 << 20));
            assert!(memory.get("asked for").is_some());
            let held: usize =
                memory.young.values().chain(memory.old.values()).map(|entry| entry.value.len()).sum();
            assert!(held <= 2 * GENERATION, "{held}");
        }
        assert!(memory.get("0").is_none() && memory.get("99").is_some());
    }

    #[test]
    fn what_is_larger_than_memory_is_not_kept_in_it() {
        let mut memory = Memory::default();
        memory.insert("k", entry(1));
        memory.insert("k", entry(GENERATION));
        assert!(memory.get("k").is_none(), "the older value is not the key's any more");
        assert_eq!(memory.bytes, 0);
    }
}
