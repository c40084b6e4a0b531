//! Random numbers that nobody can guess.
//!
//! Straight from the kernel, which is the one source that needs no argument, and by the
//! kilobyte, so that a request costs a few nanoseconds and one system call is made for 256 of
//! them. A number is wiped as it is handed out: what is left in memory tells nothing of the past.

use std::{cell::RefCell, mem};

const NUMBERS: usize = 256;

struct Stock {
    numbers: [u64; NUMBERS],
    left: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { numbers: [0; NUMBERS], left: 0 }) };
}

/// The next 64 bits.
///
/// # Panics
/// When the kernel has no randomness to give, which no machine that runs a server is short of.
pub(crate) fn random() -> u64 {
    STOCK.with_borrow_mut(|stock| {
        if stock.left == 0 {
            let mut bytes = [0; NUMBERS * 8];
            getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
            for (number, bytes) in stock.numbers.iter_mut().zip(bytes.chunks_exact(8)) {
                *number = bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
            }
            stock.left = NUMBERS;
        }
        stock.left -= 1;
        mem::take(&mut stock.numbers[stock.left])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_do_not_repeat_within_a_thread_or_between_threads() {
        let draw = || (0..3 * NUMBERS).map(|_| random()).collect::<Vec<_>>();
        let (here, there) = (draw(), std::thread::spawn(draw).join().unwrap());
        let all: HashSet<u64> = here.iter().chain(&there).copied().collect();
        assert_eq!(all.len(), 6 * NUMBERS);
    }
}
