//! The instance's side: what it was granted of one scope and has not spent.

use std::{num::NonZeroU32, time::Duration};

use super::{Ask, FRESH, Grant, LAPSE, Limit, MINUTE, RENEW, Requests, Settlement, Slot, later, minute_of};
use crate::ports::Micros;

/// An instance takes at most this part of the limit ahead: what is even in ten seconds.
const SIXTH: u32 = 6;

/// Below this much nothing is granted ahead, and it is not asked for.
const SCARCE: u32 = 4;

/// How long the book's word that nothing is left is taken for true, as others may give back.
const FULL: Duration = Duration::from_secs(1);

/// What is left of a lease's time when it is renewed after a request.
const STALE: Duration = Duration::from_secs(5);

/// How long a renewal under way keeps others from being begun.
const UNDER_WAY: Duration = Duration::from_secs(2);

/// What an instance has of a scope.
#[derive(Debug)]
pub struct Purse {
    max_rpm: Option<NonZeroU32>,
    max_streams: Option<NonZeroU32>,
    /// The minute that the counts are of.
    minute: u64,
    /// Requests that this instance let pass in it, those included that are being asked for.
    spent: u32,
    /// Units granted and not spent.
    units: u32,
    /// Until when they may be.
    fresh_until: Micros,
    /// What the book had left when it was last heard.
    left: u32,
    /// Until when it is known to have nothing.
    full_until: Micros,
    /// Streams of this instance.
    running: u32,
    /// Slots whose stream has ended, for the next one.
    idle: Vec<Held>,
    demand: Demand,
    renewing_until: Micros,
}

/// A slot that the instance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    id: u64,
    /// When it was taken or last renewed.
    since: Micros,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Decision {
    /// It may pass.
    Pass(Pass),
    /// The book has to be asked.
    Ask(Asking),
    /// It may not.
    Refuse(Refusal),
}

/// A request that waits for the book's answer. What it needs is set aside already.
#[derive(Debug)]
pub struct Asking {
    /// What to ask.
    pub ask: Ask,
    pass: Pass,
    minute: u64,
}

impl Asking {
    /// What is to be given back where the answer is never heard.
    pub fn pass(&self) -> Pass {
        self.pass
    }
}

/// A request that may pass, and what it holds while it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Where its caller stands, where requests are limited.
    pub standing: Option<Standing>,
    slot: Option<Held>,
}

impl Pass {
    /// The slot that is to be renewed every [`RENEW`] while the stream runs.
    pub fn slot(&self) -> Option<u64> {
        self.slot.map(|held| held.id)
    }

    /// The slot was renewed.
    pub fn renewed(&mut self, now: Micros) {
        if let Some(held) = &mut self.slot {
            held.since = now;
        }
    }
}

/// Where a caller stands in the current minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests a minute.
    pub limit: u32,
    /// How many are left; other instances may have taken some since the book was heard.
    pub remaining: u32,
    /// When the next minute begins.
    pub reset_at: Micros,
}

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Which limit was reached.
    pub limit: Limit,
    /// How much that is.
    pub most: u32,
    /// Where the caller stands, where requests are limited.
    pub standing: Option<Standing>,
}

impl Purse {
    /// Nothing was granted yet.
    pub fn new(max_rpm: Option<NonZeroU32>, max_streams: Option<NonZeroU32>) -> Self {
        Self {
            max_rpm,
            max_streams,
            minute: 0,
            spent: 0,
            units: 0,
            fresh_until: 0,
            left: max_rpm.map_or(0, NonZeroU32::get),
            full_until: 0,
            running: 0,
            idle: Vec::new(),
            demand: Demand::default(),
            renewing_until: 0,
        }
    }

    /// A request came. `slot` is a new slot's id where it is for a stream; `far` says that units may
    /// be taken ahead and slots kept.
    pub fn admit(&mut self, now: Micros, slot: Option<u64>, far: bool) -> Decision {
        self.turn(now);
        let slot = slot.and_then(|id| Some((id, self.max_streams?.get())));
        if let Some(limit) = self.reached(now, slot.is_some()) {
            return Decision::Refuse(self.refusal(limit));
        }
        self.demand.note(now);
        let requests = self.max_rpm.and_then(|limit| self.spend(now, limit.get(), far));
        let (held, stream) = match slot {
            Some((id, limit)) => self.occupy(now, id, limit),
            None => (None, None),
        };
        let pass = Pass { standing: self.standing(), slot: held };
        if requests.is_none() && stream.is_none() {
            return Decision::Pass(pass);
        }
        Decision::Ask(Asking { ask: Ask { at: now, requests, stream }, pass, minute: self.minute })
    }

    /// The book has answered, or was not reached (`None`) and the request is to pass all the same.
    ///
    /// # Errors
    /// Nothing is left.
    pub fn answered(&mut self, asking: Asking, grant: Option<Grant>, now: Micros) -> Result<Pass, Refusal> {
        let Some(grant) = grant else { return Ok(asking.pass) };
        if let Some(requests) = asking.ask.requests {
            let spent = if grant.short.is_none() { requests.need } else { 0 };
            self.keep(grant, spent, now);
        }
        if let Some(limit) = grant.short {
            // Others of this instance that asked at the same time may have brought units ahead.
            let has_one = self.units > 0 && now < self.fresh_until && asking.minute == self.minute;
            if limit == Limit::Requests && asking.ask.stream.is_none() && has_one {
                self.units -= 1;
                return Ok(Pass { standing: self.standing(), ..asking.pass });
            }
            self.undo(&asking);
            if limit == Limit::Requests {
                self.full_until = later(now, FULL);
            }
            return Err(self.refusal(limit));
        }
        Ok(Pass { standing: self.standing(), ..asking.pass })
    }

    /// The request is not to pass, for a reason that is not its limits'.
    pub fn undo(&mut self, asking: &Asking) {
        if self.max_rpm.is_some() && asking.minute == self.minute {
            self.spent = self.spent.saturating_sub(1);
            // It had a unit, and lacked a slot.
            if asking.ask.requests.is_none() {
                self.units += 1;
            }
        }
        if asking.pass.slot.is_some() {
            self.running = self.running.saturating_sub(1);
        }
    }

    /// What to ask after a request, so that the next one need not wait.
    pub fn top_up(&mut self, now: Micros) -> Option<Ask> {
        self.turn(now);
        let limit = self.max_rpm?.get();
        let target = self.ahead(limit);
        let low = self.units < target.div_ceil(2) && self.left >= SCARCE;
        let stale = self.units > 0 && self.fresh_until < later(now, STALE);
        if !(low || stale) || now < self.renewing_until {
            return None;
        }
        self.renewing_until = later(now, UNDER_WAY);
        let back = self.units.saturating_sub(target);
        self.units -= back;
        let ahead = target - self.units;
        let requests = Requests { limit, need: 0, ahead, back, minute: self.minute };
        Some(Ask { at: now, requests: Some(requests), stream: None })
    }

    /// The book has answered to that.
    pub fn topped_up(&mut self, grant: Grant, now: Micros) {
        self.renewing_until = 0;
        self.turn(now);
        self.keep(grant, 0, now);
    }

    /// A request that had passed is over. Says what to give back now; `far` keeps its slot for the
    /// next stream, until [`idle`](Self::idle).
    pub fn leave(&mut self, pass: &Pass, now: Micros, far: bool) -> Settlement {
        let mut back = Settlement { at: now, ..Settlement::default() };
        let Some(held) = pass.slot else { return back };
        self.running = self.running.saturating_sub(1);
        if far {
            self.idle.push(held);
        } else {
            back.stream = Some(held.id);
        }
        back
    }

    /// Whether there is anything that [`idle`](Self::idle) may have to give back.
    pub fn keeps(&self, pass: &Pass) -> bool {
        self.units > 0 || self.idle.iter().any(|held| Some(held.id) == pass.slot())
    }

    /// `hold` has passed since a request was over. Says what to give back of what nobody needed.
    pub fn idle(&mut self, pass: &Pass, now: Micros, hold: Duration) -> Settlement {
        self.turn(now);
        let mut back = Settlement { at: now, minute: self.minute, ..Settlement::default() };
        if let Some(at) = self.idle.iter().position(|held| Some(held.id) == pass.slot()) {
            back.stream = Some(self.idle.swap_remove(at).id);
        }
        if later(self.demand.last, hold) <= now {
            back.requests = std::mem::take(&mut self.units);
        }
        back
    }

    /// Turns to the minute of `now`. Units are of one minute, and void in the next.
    fn turn(&mut self, now: Micros) {
        let minute = minute_of(now);
        if minute > self.minute || minute + 1 < self.minute {
            self.begin(minute);
        }
    }

    fn begin(&mut self, minute: u64) {
        self.minute = minute;
        self.spent = 0;
        self.units = 0;
        self.left = self.max_rpm.map_or(0, NonZeroU32::get);
        self.full_until = 0;
    }

    /// The limit that this instance knows to be reached.
    fn reached(&self, now: Micros, stream: bool) -> Option<Limit> {
        let full =
            |limit: NonZeroU32| self.spent >= limit.get() || (self.units == 0 && now < self.full_until);
        if self.max_rpm.is_some_and(full) {
            return Some(Limit::Requests);
        }
        let busy = |limit: NonZeroU32| self.running >= limit.get();
        (stream && self.max_streams.is_some_and(busy)).then_some(Limit::Streams)
    }

    /// Spends a unit, or says what to ask for.
    fn spend(&mut self, now: Micros, limit: u32, far: bool) -> Option<Requests> {
        self.spent += 1;
        if self.units > 0 && now < self.fresh_until {
            self.units -= 1;
            return None;
        }
        let back = std::mem::take(&mut self.units);
        let ahead = if far { self.ahead(limit) } else { 0 };
        Some(Requests { limit, need: 1, ahead, back, minute: self.minute })
    }

    /// A slot for a stream: an idle one, or what to ask for.
    fn occupy(&mut self, now: Micros, id: u64, limit: u32) -> (Option<Held>, Option<Slot>) {
        self.running += 1;
        // One that is renewed in time when its new stream runs as long as a renewal is away.
        let lasts = |held: &Held| later(held.since, LAPSE) > later(later(now, RENEW), STALE);
        self.idle.retain(lasts);
        match self.idle.pop() {
            Some(held) => (Some(held), None),
            None => (Some(Held { id, since: now }), Some(Slot { limit, id, renewal: false })),
        }
    }

    fn ahead(&self, limit: u32) -> u32 {
        self.demand.lately().min(limit / SIXTH)
    }

    /// Takes a grant in, less what is spent already.
    fn keep(&mut self, grant: Grant, spent: u32, now: Micros) {
        if grant.minute > self.minute {
            // The book is ahead of this clock, and what was just granted counts for its minute.
            self.begin(grant.minute);
            self.spent = spent;
        }
        if grant.minute == self.minute {
            self.units += grant.requests.saturating_sub(spent);
            self.left = grant.left;
            self.fresh_until = later(now, FRESH);
        }
    }

    fn refusal(&self, limit: Limit) -> Refusal {
        let most = match limit {
            Limit::Requests => self.max_rpm,
            Limit::Streams => self.max_streams,
        };
        let mut standing = self.standing();
        if let (Limit::Requests, Some(standing)) = (limit, &mut standing) {
            standing.remaining = 0;
        }
        Refusal { limit, most: most.map_or(0, NonZeroU32::get), standing }
    }

    fn standing(&self) -> Option<Standing> {
        let limit = self.max_rpm?.get();
        let own = limit.saturating_sub(self.spent);
        let remaining = self.left.saturating_add(self.units).min(own);
        Some(Standing { limit, remaining, reset_at: (self.minute + 1).saturating_mul(MINUTE) })
    }
}

/// How many requests came lately.
#[derive(Debug, Default)]
struct Demand {
    /// Stretches of [`FRESH`] since the epoch.
    stretch: u64,
    now: u32,
    before: u32,
    last: Micros,
}

impl Demand {
    fn note(&mut self, now: Micros) {
        let stretch = now / later(0, FRESH);
        if stretch != self.stretch {
            self.before = if stretch == self.stretch + 1 { self.now } else { 0 };
            self.now = 0;
            self.stretch = stretch;
        }
        self.now = self.now.saturating_add(1);
        self.last = now;
    }

    /// In ten seconds.
    fn lately(&self) -> u32 {
        self.now.max(self.before)
    }
}
