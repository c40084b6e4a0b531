//! Laws that hold for any bytes whatever, as functions that panic where one is broken.
//!
//! They have two callers: the targets in `fuzz/`, which `cargo fuzz` runs for as long as one likes, and
//! the test below, which runs every target for a bounded time from a fixed seed. Only built for these.
//!
//! A new parser of bytes from outside gets a row in [`TARGETS`], a few seeds, and a target in `fuzz/`.

mod quirks;
mod sketch;
mod sse;
mod translate;

pub use quirks::quirks;
#[cfg(test)]
pub(crate) use sketch::{Pairs, Wish};
pub use sketch::{edits, sketch};
#[cfg(test)]
pub(crate) use sse::frame;
pub use sse::sse;
pub use translate::{answer, chat_request, chat_stream, gemini_stream, messages_request, messages_stream};

/// A law and where to start looking for a breach of it.
pub struct Target {
    /// The name of the target in `fuzz/`.
    pub name: &'static str,
    /// The law.
    pub law: fn(&[u8]),
    /// Inputs that come close to what is taken, for changing at random.
    pub seeds: &'static [&'static [u8]],
}

/// All laws.
pub const TARGETS: &[Target] = &[
    Target { name: "sketch", law: sketch::sketch, seeds: sketch::SEEDS },
    Target { name: "edits", law: sketch::edits, seeds: sketch::SEEDS },
    Target { name: "quirks", law: quirks::quirks, seeds: quirks::SEEDS },
    Target { name: "sse", law: sse::sse, seeds: sse::SEEDS },
    Target { name: "chat_request", law: translate::chat_request, seeds: translate::REQUESTS },
    Target {
        name: "messages_request",
        law: translate::messages_request,
        seeds: translate::MESSAGES_REQUESTS,
    },
    Target { name: "chat_stream", law: translate::chat_stream, seeds: translate::CHAT_STREAMS },
    Target { name: "gemini_stream", law: translate::gemini_stream, seeds: translate::GEMINI_STREAMS },
    Target { name: "answer", law: translate::answer, seeds: translate::ANSWERS },
    Target { name: "messages_stream", law: translate::messages_stream, seeds: translate::STREAMS },
];

#[cfg(test)]
mod tests {
    use super::TARGETS;

    /// Marsaglia's xorshift64*: the same numbers on every machine.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
        }
    }

    /// Changes the input in one place, in one of the ways that fuzzers do.
    fn mutate(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
        let start = numbers.below(input.len() + 1);
        let end = (start + numbers.below(9)).min(input.len());
        match numbers.below(6) {
            0 => drop(input.drain(start..end)),
            1 => input.insert(start, numbers.below(256) as u8),
            2 if start < input.len() => input[start] ^= 1 << numbers.below(8),
            3 => {
                let from = numbers.below(other.len() + 1);
                let part = &other[from..(from + numbers.below(33)).min(other.len())];
                drop(input.splice(start..end, part.iter().copied()));
            }
            4 => {
                let again = input[start..end].repeat(1 + numbers.below(40));
                drop(input.splice(start..start, again));
            }
            _ => input.truncate(start),
        }
    }

    #[test]
    fn the_laws_hold_for_inputs_from_a_fixed_seed() {
        for target in TARGETS {
            let mut numbers = Numbers(0x7011_B51D_6E00_0001);
            target.seeds.iter().for_each(|seed| (target.law)(seed));
            for _ in 0..20_000 {
                let mut input = target.seeds[numbers.below(target.seeds.len())].to_vec();
                let other = target.seeds[numbers.below(target.seeds.len())];
                (0..=numbers.below(6)).for_each(|_| mutate(&mut input, other, &mut numbers));
                (target.law)(&input);
            }
        }
    }

    #[test]
    fn every_law_has_its_target_for_cargo_fuzz() {
        let manifest = include_str!("../../../fuzz/Cargo.toml");
        for target in TARGETS {
            assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
        }
    }
}
