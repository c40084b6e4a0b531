//! Laws of books and purses, and the conformance suite over the plainest store.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::ready};
use proptest::prelude::*;

use super::*;
use crate::ports::{Counters, CountersError};

/// 2026-11-21T08:00Z.
const EIGHT: Micros = 1_795_248_000_000_000;

const SECOND: Micros = 1_000_000;

#[derive(Default)]
struct Shelf(Mutex<HashMap<String, Book>>);

impl Shelf {
    fn with<T>(&self, scope: &str, change: impl FnOnce(&mut Book) -> T) -> T {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(books.entry(scope.to_owned()).or_default())
    }
}

impl Counters for Shelf {
    fn lease(&self, scope: &str, ask: Ask) -> impl Future<Output = Result<Grant, CountersError>> {
        ready(Ok(self.with(scope, |book| book.lease(&ask))))
    }

    fn settle(&self, scope: &str, back: Settlement) -> impl Future<Output = Result<(), CountersError>> {
        self.with(scope, |book| book.settle(&back));
        ready(Ok(()))
    }

    fn window(&self, scope: &str, at: Micros) -> impl Future<Output = Result<Window, CountersError>> {
        ready(Ok(self.with(scope, |book| book.window(at))))
    }
}

/// Nothing here waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

#[test]
fn a_book_is_a_store() {
    let shelf = Shelf::default();
    block_on(conformance::check(&shelf, "test", EIGHT)).unwrap();
    block_on(conformance::before_restart(&shelf, "restart", EIGHT)).unwrap();
    let kept = shelf.with("restart", |book| book.to_string());
    shelf.with("restart", |book| *book = Book::read(&kept).unwrap());
    block_on(conformance::after_restart(&shelf, "restart", EIGHT)).unwrap();
}

#[test]
fn a_suite_that_cannot_fail_is_none() {
    struct Generous;
    impl Counters for Generous {}
    assert!(block_on(conformance::check(&Generous, "test", EIGHT)).is_err());

    /// Forgets between any two calls.
    struct Forgetful(Shelf);
    impl Counters for Forgetful {
        fn lease(&self, _: &str, ask: Ask) -> impl Future<Output = Result<Grant, CountersError>> {
            ready(Ok(Book::default().lease(&ask)))
        }
        fn window(&self, scope: &str, at: Micros) -> impl Future<Output = Result<Window, CountersError>> {
            self.0.window(scope, at)
        }
    }
    let broken = block_on(conformance::check(&Forgetful(Shelf::default()), "test", EIGHT)).unwrap_err();
    assert!(broken.starts_with("all that is needed or nothing"), "{broken}");
}

#[test]
fn what_is_no_book_is_not_read() {
    for text in ["", "1", "1 2", "2 1 1", "1 x 1", "1 1 -1", "1 1 1 ", "1 1 1 zz:1", "1 1 1 a", "1 1 1 a:"] {
        assert_eq!(Book::read(text), None, "{text:?}");
    }
    assert!(Book::read("1 29920800 17 ffffffffffffffff:1795248030000000 0:1").is_some());
}

#[test]
fn a_clock_that_is_set_right_does_not_close_the_gate() {
    let mut book = Book::default();
    let requests = Requests { limit: 1, need: 1, ahead: 0, back: 0, minute: 0 };
    let ask =
        |at| Ask { at, requests: Some(requests), stream: Some(Slot { limit: 1, id: at, renewal: false }) };
    assert_eq!(book.lease(&ask(EIGHT + 3_600 * SECOND)).short, None);
    assert_eq!(book.lease(&ask(EIGHT)).short, None, "an hour ago was never");
}

/// The bound of `docs/targets.md` for a clock that is behind, and that it is no smaller.
/// Each asks before any other was answered: what the first ones bring ahead is there for the last ones.
#[test]
fn many_at_once_leave_nothing_idle() {
    let (mut book, mut purse) = (Book::default(), purse(40));
    let asking = |purse: &mut Purse| match purse.admit(EIGHT, None, true) {
        Decision::Ask(asking) => asking,
        other => panic!("{other:?}"),
    };
    let asked: Vec<Asking> = (0..40).map(|_| asking(&mut purse)).collect();
    let answers: Vec<_> = asked.into_iter().map(|asking| (book.lease(&asking.ask), asking)).collect();
    let passed =
        answers.into_iter().filter_map(|(grant, asking)| purse.answered(asking, Some(grant), EIGHT).ok());
    assert_eq!(passed.count(), 40);
}

#[test]
fn an_instance_whose_clock_is_behind_overspends_by_what_it_took_ahead() {
    const LIMIT: u32 = 60;
    let behind = 5 * SECOND;
    let (mut book, mut exact, mut late) = (Book::default(), purse(LIMIT), purse(LIMIT));
    let mut ask = |purse: &mut Purse, now| match purse.admit(now, None, true) {
        Decision::Pass(_) => true,
        Decision::Refuse(_) => false,
        Decision::Ask(asking) => {
            let grant = book.lease(&asking.ask);
            purse.answered(asking, Some(grant), now).is_ok()
        }
    };
    // At the end of a minute the one whose clock is late has taken ahead what it may.
    let end = EIGHT + MINUTE;
    for _ in 0..20 {
        assert!(ask(&mut late, end - SECOND - behind));
    }
    // The next minute has begun, for all but that one.
    let others = (0..100).filter(|_| ask(&mut exact, end + SECOND)).count();
    let own = (0..100).filter(|_| ask(&mut late, end + SECOND - behind)).count();
    assert_eq!(others, LIMIT as usize);
    assert!((1..=LIMIT as usize / 6).contains(&own), "{own}");
}

fn purse(max_rpm: u32) -> Purse {
    Purse::new(NonZeroU32::new(max_rpm), None)
}

/// What an instance does next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A request comes; the answer of the book is heard, or not.
    Ask {
        heard: bool,
    },
    /// The request that came first is over.
    Leave,
    TopUp,
    Idle,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        6 => any::<bool>().prop_map(|heard| Step::Ask { heard }),
        1 => Just(Step::Ask { heard: true }),
        2 => Just(Step::Leave),
        3 => Just(Step::TopUp),
        2 => Just(Step::Idle),
        2 => (0..15_000_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec((0..3_usize, step), 1..150)
}

/// A book about a moment near eight.
fn books() -> impl Strategy<Value = Book> {
    let running =
        (0..4_u64, 0..60_u64).prop_map(|(id, s)| Running { id, until: EIGHT - 30 * SECOND + s * SECOND });
    let streams = prop::collection::vec(running, 0..4).prop_map(|mut streams| {
        streams.sort_by_key(|running| running.id);
        streams.dedup_by_key(|running| running.id);
        streams
    });
    let minute = EIGHT / MINUTE;
    (minute - 2..minute + 2, 0..6_u32, streams)
        .prop_map(|(minute, requests, streams)| Book::new(minute, requests, streams))
}

proptest! {
    /// Where the condition of a plain lease holds, the book would have granted the same, and says the
    /// same afterwards.
    #[test]
    fn a_plain_lease_is_what_the_book_would_say(
        book in books(), need in 0..3_u32, most in 0..6_u32, asks in 1..4_u8, id in 0..6_u64, renewal: bool,
    ) {
        let requests = Requests { limit: most, need, ahead: 0, back: 0, minute: 0 };
        let slot = Slot { limit: most, id, renewal };
        let ask = Ask {
            at: EIGHT,
            requests: (asks & 1 != 0).then_some(requests),
            stream: (asks & 2 != 0).then_some(slot),
        };
        let Some(plain) = ask.plain() else { return Ok(()) };
        let has_units = plain.units.is_none_or(|units| book.requests() <= units.at_most);
        let has_slot = plain.slot.and_then(|slot| slot.below).is_none_or(|below| book.streams().len() < below as usize);
        if book.minute() != plain.minute || !has_units || !has_slot {
            return Ok(());
        }
        let requests = book.requests() + plain.units.map_or(0, |units| units.need);
        let mut streams = book.streams().to_vec();
        if let Some(slot) = plain.slot {
            streams.retain(|running| running.id != slot.id);
            streams.push(Running { id: slot.id, until: slot.until });
        }
        let changed = Book::new(book.minute(), requests, streams);
        let mut asked = book;
        prop_assert_eq!(plain.grant(requests), asked.lease(&ask));
        prop_assert_eq!(changed.window(EIGHT), asked.window(EIGHT));
    }

    /// The same of what is given back.
    #[test]
    fn a_plain_settlement_is_what_the_book_would_do(
        book in books(), back in 0..4_u32, ago in 0..3_u64, id in prop::option::of(0..5_u64),
    ) {
        let back = Settlement { at: EIGHT, minute: EIGHT / MINUTE - ago, requests: back, stream: id };
        let plain = back.plain();
        if plain.units.is_some_and(|(minute, units)| book.minute() != minute || book.requests() < units) {
            return Ok(());
        }
        let requests = book.requests() - plain.units.map_or(0, |(_, units)| units);
        let mut streams = book.streams().to_vec();
        streams.retain(|running| Some(running.id) != plain.slot);
        let changed = Book::new(book.minute(), requests, streams);
        let mut asked = book;
        asked.settle(&back);
        prop_assert_eq!(changed.window(EIGHT), asked.window(EIGHT));
    }

    #[test]
    fn a_book_comes_back_as_it_was_written(minute: u64, requests: u32, streams: Vec<(u64, u64)>) {
        let mut text = format!("1 {minute} {requests}");
        for (id, until) in streams {
            text.push_str(&format!(" {id:x}:{until}"));
        }
        prop_assert_eq!(Book::read(&text).unwrap().to_string(), text);
    }

    /// Three instances over one book, in any order, with answers that are lost: never more requests
    /// in a minute than the limit, and the book never counts fewer than have passed.
    #[test]
    fn no_minute_has_more_than_its_requests(limit in 1..40_u32, far: bool, steps in steps()) {
        let mut book = Book::default();
        let mut purses = [purse(limit), purse(limit), purse(limit)];
        let mut running: [Vec<Pass>; 3] = Default::default();
        let mut passed: HashMap<u64, u32> = HashMap::new();
        let mut now = EIGHT;
        for (at, step) in steps {
            let purse = &mut purses[at];
            match step {
                Step::Wait(us) => now += us,
                Step::Ask { heard } => {
                    let pass = match purse.admit(now, None, far) {
                        Decision::Pass(pass) => Some(pass),
                        Decision::Refuse(_) => None,
                        Decision::Ask(asking) => {
                            let grant = book.lease(&asking.ask);
                            // One whose answer is not heard leaves.
                            if heard { purse.answered(asking, Some(grant), now).ok() } else { None }
                        }
                    };
                    if let Some(pass) = pass {
                        *passed.entry(minute_of(now)).or_default() += 1;
                        running[at].push(pass);
                    }
                }
                Step::TopUp => {
                    if let Some(ask) = purse.top_up(now) {
                        let grant = book.lease(&ask);
                        purse.topped_up(grant, now);
                    }
                }
                Step::Leave => {
                    if let Some(pass) = running[at].pop() {
                        book.settle(&purse.leave(&pass, now, far));
                    }
                }
                Step::Idle => {
                    let pass = Pass::default();
                    book.settle(&purse.idle(&pass, now, Duration::from_secs(10)));
                }
            }
            let here = passed.get(&minute_of(now)).copied().unwrap_or_default();
            prop_assert!(here <= limit, "{here} of {limit}");
            prop_assert!(book.window(now).requests >= here);
        }
    }

    /// Slots: never more than the limit over all instances, and none is left when all is over.
    #[test]
    fn there_are_never_more_streams_than_slots(limit in 1..6_u32, far: bool, steps in steps()) {
        let mut book = Book::default();
        let mut purses: [Purse; 3] = std::array::from_fn(|_| Purse::new(None, NonZeroU32::new(limit)));
        let mut running: [Vec<Pass>; 3] = Default::default();
        let mut ended: [Vec<Pass>; 3] = Default::default();
        let mut id = 0;
        for (at, step) in steps {
            let purse = &mut purses[at];
            match step {
                // Time stands still: renewals are the gateway's.
                Step::Wait(_) | Step::TopUp => {}
                Step::Ask { heard } => {
                    id += 1;
                    match purse.admit(EIGHT, Some(id), far) {
                        Decision::Pass(pass) => running[at].push(pass),
                        Decision::Refuse(_) => {}
                        Decision::Ask(asking) => {
                            let grant = book.lease(&asking.ask);
                            if heard {
                                running[at].extend(purse.answered(asking, Some(grant), EIGHT));
                            } else {
                                let back = purse.leave(&asking.pass(), EIGHT, false);
                                book.settle(&back);
                            }
                        }
                    }
                }
                Step::Leave => {
                    if let Some(pass) = running[at].pop() {
                        book.settle(&purse.leave(&pass, EIGHT, far));
                        ended[at].push(pass);
                    }
                }
                Step::Idle => {
                    if let Some(pass) = ended[at].pop() {
                        book.settle(&purse.idle(&pass, EIGHT, Duration::ZERO));
                    }
                }
            }
            let streams = running.iter().map(Vec::len).sum::<usize>();
            prop_assert!(streams <= limit as usize);
            prop_assert!(book.window(EIGHT).streams as usize >= streams);
        }
        for at in 0..3 {
            for pass in running[at].drain(..).collect::<Vec<_>>() {
                book.settle(&purses[at].leave(&pass, EIGHT, far));
                ended[at].push(pass);
            }
            for pass in ended[at].drain(..).collect::<Vec<_>>() {
                book.settle(&purses[at].idle(&pass, EIGHT, Duration::ZERO));
            }
        }
        prop_assert_eq!(book.window(EIGHT).streams, 0);
    }
}
