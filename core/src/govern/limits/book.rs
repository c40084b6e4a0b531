//! The store's side: what was granted of one scope, to whomever.

use std::fmt::{self, Write};

use super::{Ask, Grant, LAPSE, Limit, Requests, Settlement, Slot, Window, later, minute_of};
use crate::ports::Micros;

/// How a written book begins. Another format gets another number.
const FORMAT: &str = "1";

/// Of what a scope has left, this part at most is granted ahead of need: the others may come, too.
const QUARTER: u32 = 4;

/// The counts of one scope. Small: a number for its requests, and a line for each running stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    minute: u64,
    requests: u32,
    streams: Vec<Running>,
}

/// A slot that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Which one.
    pub id: u64,
    /// When it lapses.
    pub until: Micros,
}

impl Book {
    /// A book of a store that keeps its numbers apart.
    pub fn new(minute: u64, requests: u32, streams: Vec<Running>) -> Self {
        Self { minute, requests, streams }
    }

    /// The minute that the requests are of, counted from the epoch.
    pub fn minute(&self) -> u64 {
        self.minute
    }

    /// Requests granted in it.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// Streams that were granted a slot, lapsed ones that nobody has cleared away included.
    pub fn streams(&self) -> &[Running] {
        &self.streams
    }

    /// Grants what is asked for, or says of what there is too little. Asking again for a slot that
    /// one has grants it again.
    pub fn lease(&mut self, ask: &Ask) -> Grant {
        self.advance(ask.at);
        if let Some(Requests { back, minute, .. }) = ask.requests {
            self.give_back(back, minute);
        }
        let short = self.short(ask);
        let granted = match (ask.requests, short) {
            (Some(requests), None) => self.take(requests),
            _ => 0,
        };
        if let (Some(slot), None) = (ask.stream, short) {
            self.occupy(slot.id, later(ask.at, LAPSE));
        }
        let left = ask.requests.map_or(0, |requests| requests.limit.saturating_sub(self.requests));
        Grant { minute: self.minute, requests: granted, left, short }
    }

    /// Takes back what was not needed.
    pub fn settle(&mut self, back: &Settlement) {
        self.advance(back.at);
        self.give_back(back.requests, back.minute);
        self.streams.retain(|running| Some(running.id) != back.stream);
    }

    /// What is granted at a moment.
    pub fn window(&self, at: Micros) -> Window {
        let mut then = self.clone();
        then.advance(at);
        let streams = u32::try_from(then.streams.len()).unwrap_or(u32::MAX);
        Window { minute: then.minute, requests: then.requests, streams }
    }

    /// Turns to the minute of `at`, and forgets streams whose time is up.
    ///
    /// A moment in the minute before is by a clock that is a little behind, and counts for this
    /// minute. What lies further back is not time that passed but a clock that was set right.
    fn advance(&mut self, at: Micros) {
        let minute = minute_of(at);
        if minute > self.minute || minute + 1 < self.minute {
            self.minute = minute;
            self.requests = 0;
        }
        let longest = later(later(at, LAPSE), LAPSE);
        self.streams.retain(|running| running.until > at && running.until <= longest);
    }

    fn give_back(&mut self, units: u32, minute: u64) {
        if minute == self.minute {
            self.requests = self.requests.saturating_sub(units);
        }
    }

    fn short(&self, ask: &Ask) -> Option<Limit> {
        let requests_short = ask.requests.is_some_and(|r| r.need > r.limit.saturating_sub(self.requests));
        let streams_short = ask.stream.is_some_and(|slot: Slot| {
            let taken = self.streams.iter().any(|running| running.id == slot.id);
            let full = usize::try_from(slot.limit).is_ok_and(|limit| self.streams.len() >= limit);
            full && !taken && !slot.renewal
        });
        match (requests_short, streams_short) {
            (true, _) => Some(Limit::Requests),
            (_, true) => Some(Limit::Streams),
            _ => None,
        }
    }

    fn take(&mut self, asked: Requests) -> u32 {
        let left = asked.limit.saturating_sub(self.requests).saturating_sub(asked.need);
        let units = asked.need.saturating_add(asked.ahead.min(left / QUARTER));
        self.requests = self.requests.saturating_add(units);
        units
    }

    fn occupy(&mut self, id: u64, until: Micros) {
        match self.streams.iter_mut().find(|running| running.id == id) {
            Some(running) => running.until = running.until.max(until),
            None => self.streams.push(Running { id, until }),
        }
    }

    /// Reads what [`Display`](fmt::Display) wrote. `None` for any other text: what another release
    /// wrote in another format is worth a minute's counts, and a store may begin anew.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        if words.next()? != FORMAT {
            return None;
        }
        let minute = words.next()?.parse().ok()?;
        let requests = words.next()?.parse().ok()?;
        let streams = words.map(|word| {
            let (id, until) = word.split_once(':')?;
            Some(Running { id: u64::from_str_radix(id, 16).ok()?, until: until.parse().ok()? })
        });
        Some(Self { minute, requests, streams: streams.collect::<Option<_>>()? })
    }
}

/// For stores that keep text: `1 MINUTE REQUESTS` and, for each stream, ` ID:UNTIL`.
impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORMAT} {} {}", self.minute, self.requests)?;
        for Running { id, until } in &self.streams {
            f.write_char(' ')?;
            write!(f, "{id:x}:{until}")?;
        }
        Ok(())
    }
}
