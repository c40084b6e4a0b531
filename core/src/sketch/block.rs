//! Sixty-four bytes looked at together: one bit per byte for each question.
//!
//! Where the target has vectors (SSE2 on every x86-64, NEON on every arm64, WebAssembly with SIMD) the
//! questions are vector compares, by the crate `wide`; elsewhere they are arithmetic on 64-bit words.
//! Both answer alike.

/// How many bytes a [`Block`] holds.
pub(super) const WIDTH: usize = 64;

pub(super) use lanes::{Block, string_stop};

/// Which of the bytes are escaped, that is, preceded by an odd run of backslashes.
///
/// `carry` is 1 when the block's first byte is escaped by the byte before it, and is left so for the
/// next block. The additions flip the parity of all runs at once, as simdjson does it.
#[inline]
pub(super) fn escaped(backslashes: u64, carry: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let backslashes = backslashes & !*carry;
    let follows = (backslashes << 1) | *carry;
    let odd_starts = backslashes & !EVEN & !follows;
    let (runs, overflow) = odd_starts.overflowing_add(backslashes);
    *carry = u64::from(overflow);
    (EVEN ^ (runs << 1)) & follows
}

/// The bits below the lowest set bit of `mask`; all of them when none is set.
#[inline]
pub(super) fn below_lowest(mask: u64) -> u64 {
    mask.wrapping_sub(1) & !mask
}

#[cfg(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128"))]
mod lanes {
    use wide::{i8x16, i8x64};

    /// Sixty-four bytes as signed numbers.
    #[derive(Clone, Copy)]
    pub(in crate::sketch) struct Block(i8x64);

    impl Block {
        #[inline(always)]
        pub(in crate::sketch) fn new(bytes: &[u8; 64]) -> Self {
            Self(i8x64::new(bytes.map(|byte| byte as i8)))
        }

        /// Where the byte is `byte`.
        #[inline(always)]
        pub(in crate::sketch) fn equals(self, byte: u8) -> u64 {
            self.0.simd_eq(i8x64::splat(byte as i8)).to_bitmask()
        }

        /// Where the byte is a control character (below 0x20) or not ASCII: as signed numbers, one range.
        #[inline(always)]
        pub(in crate::sketch) fn control_or_high(self) -> u64 {
            self.0.simd_lt(i8x64::splat(0x20)).to_bitmask()
        }

        /// Whether there is a control character or a byte that is not ASCII: cheaper than where.
        #[inline(always)]
        pub(in crate::sketch) fn has_control_or_high(self) -> bool {
            self.0.simd_lt(i8x64::splat(0x20)).any()
        }

        /// Where the byte is not ASCII.
        #[inline(always)]
        pub(in crate::sketch) fn high(self) -> u64 {
            self.0.to_bitmask()
        }
    }

    /// Where the first quote, backslash, control character or non-ASCII byte of sixteen is; 16 or more
    /// if there is none.
    #[inline(always)]
    pub(in crate::sketch) fn string_stop(bytes: &[u8; 16]) -> usize {
        let row = i8x16::new(bytes.map(|byte| byte as i8));
        let quote = row.simd_eq(i8x16::splat(b'"' as i8));
        let backslash = row.simd_eq(i8x16::splat(b'\\' as i8));
        let low = row.simd_lt(i8x16::splat(0x20));
        (quote | backslash | low).to_bitmask().trailing_zeros() as usize
    }
}

#[cfg(not(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128")))]
mod lanes {
    pub(in crate::sketch) use super::words::{Block, string_stop};
}

#[cfg(any(test, not(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128"))))]
mod words {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;

    /// Sixty-four bytes as eight little-endian words.
    #[derive(Clone, Copy)]
    pub(in crate::sketch) struct Block([u64; 8]);

    /// The top bit of each byte that is zero; exact, without carries between bytes.
    #[inline(always)]
    fn zeroes(word: u64) -> u64 {
        !(((word & !TOPS).wrapping_add(!TOPS)) | word) & TOPS
    }

    #[inline(always)]
    fn equals(word: u64, byte: u8) -> u64 {
        zeroes(word ^ (ONES * u64::from(byte)))
    }

    #[inline(always)]
    fn control_or_high(word: u64) -> u64 {
        (!(word & !TOPS).wrapping_add(ONES * 0x60) | word) & TOPS
    }

    /// The top bits of eight bytes, as eight neighbouring bits.
    #[inline(always)]
    fn bits(tops: u64) -> u64 {
        tops.wrapping_mul(0x0002_0408_1020_4081) >> 56
    }

    impl Block {
        #[inline(always)]
        pub(in crate::sketch) fn new(bytes: &[u8; 64]) -> Self {
            let (rows, _) = bytes.as_chunks::<8>();
            let mut words = [0; 8];
            for (word, row) in words.iter_mut().zip(rows) {
                *word = u64::from_le_bytes(*row);
            }
            Self(words)
        }

        #[inline(always)]
        fn ask(self, question: impl Fn(u64) -> u64) -> u64 {
            self.0.iter().rev().fold(0, |mask, word| mask << 8 | bits(question(*word)))
        }

        #[inline(always)]
        pub(in crate::sketch) fn equals(self, byte: u8) -> u64 {
            self.ask(|word| equals(word, byte))
        }

        #[inline(always)]
        pub(in crate::sketch) fn control_or_high(self) -> u64 {
            self.ask(control_or_high)
        }

        #[inline(always)]
        pub(in crate::sketch) fn has_control_or_high(self) -> bool {
            self.0.iter().fold(0, |any, word| any | control_or_high(*word)) != 0
        }

        #[inline(always)]
        pub(in crate::sketch) fn high(self) -> u64 {
            self.ask(|word| word & TOPS)
        }
    }

    #[inline(always)]
    pub(in crate::sketch) fn string_stop(bytes: &[u8; 16]) -> usize {
        let stops =
            |word| (equals(word, b'"') | equals(word, b'\\') | control_or_high(word)).trailing_zeros() / 8;
        let whole = u128::from_le_bytes(*bytes);
        match stops(whole as u64) {
            8 => 8 + stops((whole >> 64) as u64) as usize,
            early => early as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, below_lowest, escaped, string_stop, words};
    use proptest::prelude::*;

    fn mask(bytes: &[u8], question: impl Fn(u8) -> bool) -> u64 {
        bytes.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(question(*byte)))
    }

    proptest! {
        #[test]
        fn both_ways_of_asking_answer_alike(bytes in proptest::array::uniform32(any::<[u8; 2]>()), wanted: u8) {
            let bytes: [u8; 64] = bytes.as_flattened().try_into().unwrap();
            let (block, portable) = (Block::new(&bytes), words::Block::new(&bytes));
            for wanted in [wanted, bytes[17], b'"', b'\\', 0, 0x80] {
                let want = mask(&bytes, |byte| byte == wanted);
                prop_assert_eq!(block.equals(wanted), want);
                prop_assert_eq!(portable.equals(wanted), want);
            }
            let want = mask(&bytes, |byte| !(0x20..0x80).contains(&byte));
            prop_assert_eq!(block.control_or_high(), want);
            prop_assert_eq!(portable.control_or_high(), want);
            prop_assert_eq!(block.has_control_or_high(), want != 0);
            prop_assert_eq!(portable.has_control_or_high(), want != 0);
            let want = mask(&bytes, |byte| byte >= 0x80);
            prop_assert_eq!(block.high(), want);
            prop_assert_eq!(portable.high(), want);
        }

        #[test]
        fn a_string_stops_at_the_first_special_byte(
            bytes in proptest::array::uniform16(prop_oneof![9 => 0x20_u8..0x7f, 1 => any::<u8>()])
        ) {
            let special = |byte: &u8| *byte == b'"' || *byte == b'\\' || !(0x20..0x80).contains(byte);
            let want = bytes.iter().position(special);
            for got in [string_stop(&bytes), words::string_stop(&bytes)] {
                prop_assert_eq!(Some(got).filter(|at| *at < 16), want);
            }
        }

        #[test]
        fn escaped_bytes_follow_an_odd_run(backslashes: u64, more: u64, sparse: bool) {
            let backslashes = if sparse { backslashes & more } else { backslashes | more };
            for first in [0, 1] {
                let mut is_escaped = first == 1;
                let mut want = 0_u64;
                for bit in 0..64 {
                    want |= u64::from(is_escaped) << bit;
                    is_escaped = !is_escaped && backslashes >> bit & 1 == 1;
                }
                let mut carry = first;
                prop_assert_eq!(escaped(backslashes, &mut carry), want);
                prop_assert_eq!(carry, u64::from(is_escaped));
            }
        }
    }

    #[test]
    fn below_lowest_is_everything_when_nothing_is_set() {
        assert_eq!(below_lowest(0), u64::MAX);
        assert_eq!(below_lowest(0b1010_0000), 0b1_1111);
        assert_eq!(below_lowest(1), 0);
    }
}
