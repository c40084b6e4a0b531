//! Ids for answers whose provider names none.

use crate::protocol::Front;

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 22 letters and digits out of 128 bits: unique, and nobody's to guess. An id of a call that is
/// made from them leads to what was kept of the call, and must not lead to anybody else's.
pub(super) fn seed(random: [u64; 2]) -> String {
    let letters = random.into_iter().flat_map(|number| {
        (0..11).scan(number, |rest, _| {
            let letter = LETTERS.get((*rest % 62) as usize).copied().map(char::from);
            *rest /= 62;
            letter
        })
    });
    letters.collect()
}

/// An id in the form that the front's own provider gives its answers.
pub(super) fn answer_id(front: Front, seed: &str) -> String {
    match front {
        Front::Chat => format!("chatcmpl-{seed}"),
        Front::Messages => format!("msg_{seed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::seed;

    #[test]
    fn a_seed_says_all_of_its_bits_in_22_letters() {
        let seeds = [[0, 0], [1, 0], [0, 1], [u64::MAX, 0], [u64::MAX, u64::MAX], [62, 0]].map(seed);
        for (place, made) in seeds.iter().enumerate() {
            assert_eq!(made.len(), 22);
            assert!(made.bytes().all(|letter| letter.is_ascii_alphanumeric()), "{made}");
            assert!(!seeds[..place].contains(made), "{made}");
        }
    }
}
