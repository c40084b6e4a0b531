//! Strings: most of the bytes of a body.

use super::block::{Block, WIDTH, below_lowest, escaped, string_stop};
use super::error::{Flaw, Stop};

/// Checks the string whose opening quote stands just before `start`; returns the place after its closing
/// quote. Short plain strings, nearly all keys among them, are settled by one look at sixteen bytes.
#[inline(always)]
pub(super) fn string(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    if let Some(head) = bytes.get(start..).and_then(|rest| rest.first_chunk::<16>()) {
        let stop = string_stop(head);
        if head.get(stop) == Some(&b'"') {
            return Ok(start + stop + 1);
        }
    }
    long_string(bytes, start)
}

#[inline(never)]
fn long_string(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    let mut at = start;
    let mut carry = 0;
    let mut not_ascii = false;
    let mut low_half_at = None;
    loop {
        let block = block_at(bytes, at)?;
        let mut quotes = block.equals(b'"');
        let backslashes = block.equals(b'\\');
        if backslashes | carry != 0 {
            let escaped = escaped(backslashes, &mut carry);
            let plain = quotes | backslashes | block.equals(b'n');
            quotes &= !escaped;
            let rare = escaped & !plain & below_lowest(quotes);
            if rare != 0 {
                low_half_at = rare_escapes(bytes, at, rare, low_half_at)?;
            }
        }
        if block.has_control_or_high() {
            let high = block.high();
            let control = block.control_or_high() & !high & below_lowest(quotes);
            if control != 0 {
                return Err(not_in_string(bytes, at + control.trailing_zeros() as usize));
            }
            not_ascii |= high & below_lowest(quotes) != 0;
        }
        if quotes != 0 {
            let end = at + quotes.trailing_zeros() as usize;
            if not_ascii {
                check_utf8(bytes, start, end)?;
            }
            return Ok(end + 1);
        }
        at += WIDTH;
    }
}

/// The block at `at`; the last one of the body is filled up with zeroes, on which a string stops.
#[inline(always)]
fn block_at(bytes: &[u8], at: usize) -> Result<Block, Stop> {
    let rest = bytes.get(at..).unwrap_or(&[]);
    if let Some(whole) = rest.first_chunk() {
        return Ok(Block::new(whole));
    }
    let mut padded = [0; WIDTH];
    for (to, from) in padded.iter_mut().zip(rest) {
        *to = *from;
    }
    Ok(Block::new(&padded))
}

#[cold]
fn not_in_string(bytes: &[u8], at: usize) -> Stop {
    Stop::new(if at < bytes.len() { Flaw::ControlCharacter } else { Flaw::UnexpectedEnd }, at)
}

fn check_utf8(bytes: &[u8], start: usize, end: usize) -> Result<(), Stop> {
    match std::str::from_utf8(bytes.get(start..end).unwrap_or(&[])) {
        Ok(_) => Ok(()),
        Err(error) => Err(Stop::new(Flaw::InvalidUtf8, start + error.valid_up_to())),
    }
}

/// Checks escapes other than `\"`, `\\` and `\n`: `rare` marks the bytes after their backslashes in the
/// block at `base`.
///
/// `low_half_at` is the place of the `u` of a low surrogate that an earlier high one announced and
/// checked; it is given on, since it may lie in the next block.
fn rare_escapes(
    bytes: &[u8],
    base: usize,
    rare: u64,
    low_half_at: Option<usize>,
) -> Result<Option<usize>, Stop> {
    let mut low_half_at = low_half_at;
    let mut rare = rare;
    while rare != 0 {
        let at = base + rare.trailing_zeros() as usize;
        rare &= rare - 1;
        match bytes.get(at) {
            Some(b't' | b'r' | b'/' | b'b' | b'f') => {}
            Some(b'u') if low_half_at == Some(at) => {}
            Some(b'u') => {
                if let 0xD800..=0xDFFF = unit(bytes, at)? {
                    low_half_at = Some(pair(bytes, at)?);
                }
            }
            Some(_) => return Err(Stop::new(Flaw::InvalidEscape, at)),
            None => return Err(Stop::new(Flaw::UnexpectedEnd, at)),
        }
    }
    Ok(low_half_at)
}

/// Checks the surrogate pair whose first half's `u` is at `at`; returns the place of the second's `u`.
fn pair(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let second = at + 6;
    let is_low = |at| Ok(matches!(unit(bytes, at)?, 0xDC00..=0xDFFF));
    if !is_low(at)? && bytes.get(at + 5..=second) == Some(br"\u") && is_low(second)? {
        return Ok(second);
    }
    Err(Stop::new(Flaw::LoneSurrogate, at))
}

/// The four hexadecimal digits after the `u` at `at`.
fn unit(bytes: &[u8], at: usize) -> Result<u32, Stop> {
    let digits = bytes.get(at + 1..at + 5).ok_or(Stop::new(Flaw::UnexpectedEnd, bytes.len()))?;
    digits.iter().zip(at + 1..).try_fold(0, |unit, (digit, at)| {
        let digit = char::from(*digit).to_digit(16).ok_or(Stop::new(Flaw::InvalidEscape, at))?;
        Ok(unit << 4 | digit)
    })
}
