//! Values of stores that know no time: each is kept together with its end.
//!
//! Such a store keeps what nobody asks for again for ever, unless somebody looks: now and then a
//! `put` looks at some keys, picked by chance, and takes away what is over. It looks at two keys for
//! each that is put, so what is over never grows far beyond what is not (Redis expires its keys so
//! too).

use bytes::{BufMut, Bytes, BytesMut};

/// A value, and when it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Bytes,
    /// Seconds since the Unix epoch.
    pub expires: u64,
}

/// The first byte: how the rest is laid out.
const FORM: u8 = 1;

/// A look is taken with every so many puts.
const EVERY: u64 = 64;

/// Most keys that one look takes in.
const LOOK: usize = 2 * EVERY as usize;

impl Entry {
    /// As one piece of bytes.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(9 + self.value.len());
        bytes.put_u8(FORM);
        bytes.put_u64(self.expires);
        bytes.put_slice(&self.value);
        bytes.freeze()
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; nothing where somebody else did.
    pub fn from_bytes(mut bytes: Bytes) -> Option<Self> {
        let (form, rest) = bytes.split_first()?;
        let (expires, _) = rest.split_first_chunk()?;
        if *form != FORM {
            return None;
        }
        let expires = u64::from_be_bytes(*expires);
        Some(Self { value: bytes.split_off(9), expires })
    }

    /// Whether its time is not up at `now`, in seconds since the Unix epoch.
    pub fn lives(&self, now: u64) -> bool {
        now < self.expires
    }
}

/// Whether this put takes a look, with a number that is drawn anew each time.
pub fn looks(random: u64) -> bool {
    random.is_multiple_of(EVERY)
}

/// Those of all keys that a look takes in: some that stand together, from a place that is drawn.
pub fn looked_at<T>(keys: &[T], random: u64) -> impl Iterator<Item = &T> {
    let count = u64::try_from(keys.len()).unwrap_or(u64::MAX).max(1);
    let begin = usize::try_from(random / EVERY % count).unwrap_or_default();
    keys.iter().cycle().skip(begin).take(LOOK.min(keys.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_and_knows_its_end() {
        for value in ["", "a value"] {
            let entry = Entry { value: value.into(), expires: 1_800_000_000 };
            let back = Entry::from_bytes(entry.to_bytes()).unwrap();
            assert_eq!(back, entry);
            assert!(back.lives(1_799_999_999) && !back.lives(1_800_000_000));
        }
    }

    #[test]
    fn what_another_wrote_is_no_entry() {
        let mut other = Entry { value: "x".into(), expires: 1 }.to_bytes().to_vec();
        other[0] = 2;
        for bytes in [&b""[..], b"\x01", b"\x01\0\0\0\0\0\0\0", b"{\"json\":true}", &other] {
            assert_eq!(Entry::from_bytes(Bytes::copy_from_slice(bytes)), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_look_takes_in_each_key_at_most_once_and_every_key_some_time() {
        for count in [0, 1, 5, LOOK, LOOK + 1, 10 * LOOK] {
            let keys: Vec<usize> = (0..count).collect();
            let mut seen = vec![0_u32; count];
            for random in 0..count as u64 {
                let mut once = vec![false; count];
                for key in looked_at(&keys, random * EVERY) {
                    assert!(!std::mem::replace(&mut once[*key], true));
                    seen[*key] += 1;
                }
            }
            let each = seen.first().copied().unwrap_or_default();
            assert!(seen.iter().all(|times| *times == each), "{count}: {seen:?}");
            assert_eq!(each as usize, LOOK.min(count));
        }
        assert!((0..2 * EVERY).filter(|random| looks(*random)).count() == 2);
    }
}
