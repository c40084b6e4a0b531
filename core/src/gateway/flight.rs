//! What is known of a request while it runs, and that it is settled whatever happens.
//!
//! A [`Flight`] goes along with the request: from the front door, through dispatch, into the
//! stream that answers it. Wherever it ends, by a response, by the end of a stream, or by being
//! dropped because the caller left, what it knows lands at `after`. Nothing can be forgotten,
//! since landing is what dropping does.

use bytes::Bytes;
use futures::channel::oneshot;
use http::{Response, StatusCode};

use super::{Body, admit::Admitted, answer, pipe::Facts, recall::Kept, settle::Rest};
use crate::{
    error::ApiError,
    ledger::{ErrorClass, UsageRow},
    ports::{Micros, Ports},
    protocol::Front,
};

/// A request under way.
pub(super) struct Flight<P: Ports> {
    /// What the ledger and the log will say. Boxed, because it goes through many hands.
    pub(super) row: Box<UsageRow>,
    /// What the caller speaks.
    pub(super) front: Front,
    /// Whether the ledger gets the row: the caller was identified and asked for a model.
    pub(super) billed: bool,
    /// The request's body, to estimate the prompt's tokens from where nobody counts them.
    pub(super) prompt: Bytes,
    /// Reasoning state for the next turn, to be handed to the store.
    pub(super) kept: Vec<Kept>,
    /// What it holds of its key's limits.
    pub(super) admitted: Option<Admitted>,
    logged: bool,
    landing: Option<oneshot::Sender<Word<P>>>,
}

/// What `after` hears of a request.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are the large one, and a box would be one more for each"
)]
pub(super) enum Word<P: Ports> {
    /// It is over.
    Landed(Landed<P>),
    /// It was let pass, and what it holds is to be kept until it lands, as is heard there.
    Admitted(Admitted, oneshot::Receiver<Word<P>>),
}

/// What is left of a request once its response is over.
pub(super) struct Landed<P: Ports> {
    pub(super) row: Box<UsageRow>,
    pub(super) billed: bool,
    pub(super) logged: bool,
    pub(super) prompt: Bytes,
    pub(super) kept: Vec<Kept>,
    pub(super) admitted: Option<Admitted>,
    /// What the answer said, where one began.
    pub(super) facts: Option<Facts>,
    /// What may still be read of the upstream's answer.
    pub(super) rest: Option<Box<Rest<P>>>,
}

/// A request that arrived at `now`, and where it will land.
pub(super) fn depart<P: Ports>(now: Micros) -> (Flight<P>, oneshot::Receiver<Word<P>>) {
    let (sender, receiver) = oneshot::channel();
    let row = Box::new(UsageRow { at: now, ..UsageRow::default() });
    (
        Flight {
            row,
            front: Front::Chat,
            billed: false,
            prompt: Bytes::new(),
            kept: Vec::new(),
            admitted: None,
            logged: true,
            landing: Some(sender),
        },
        receiver,
    )
}

impl<P: Ports> Flight<P> {
    /// Ends with a response that is whole.
    pub(super) fn finish(mut self, response: Response<Body<P>>) -> Response<Body<P>> {
        self.row.status = response.status().as_u16();
        self.land(None, None);
        response
    }

    /// Ends with a response that is not worth a line in the log, such as a probe's.
    pub(super) fn quietly(mut self, response: Response<Body<P>>) -> Response<Body<P>> {
        self.logged = false;
        self.finish(response)
    }

    /// Ends with an error.
    pub(super) fn refuse(mut self, error: &ApiError) -> Response<Body<P>> {
        self.row.error = Some(ErrorClass::Api(error.kind));
        let response = answer::error(self.front, error);
        self.finish(response)
    }

    /// Ends with a stream that is over, or that the caller left.
    pub(super) fn land(&mut self, facts: Option<Facts>, rest: Option<Box<Rest<P>>>) {
        let Some(landing) = self.landing.take() else { return };
        let landed = Landed {
            row: std::mem::take(&mut self.row),
            billed: self.billed,
            logged: self.logged,
            prompt: std::mem::take(&mut self.prompt),
            kept: std::mem::take(&mut self.kept),
            admitted: self.admitted,
            facts,
            rest,
        };
        // Nobody listens where a target dropped `after`; there is nobody else to tell.
        let _ = landing.send(Word::Landed(landed));
    }

    /// Lets `after` begin already, beside the request, with what it was let pass by.
    pub(super) fn accompany(&mut self) {
        let Some(admitted) = self.admitted else { return };
        let (sender, receiver) = oneshot::channel();
        if let Some(landing) = self.landing.replace(sender) {
            // As above.
            let _ = landing.send(Word::Admitted(admitted, receiver));
        }
    }

    /// Notes that the caller left before the end.
    pub(super) fn caller_left(&mut self) {
        self.row.error = Some(ErrorClass::CallerLeft);
        if self.row.status == 0 {
            self.row.status = CLIENT_CLOSED_REQUEST;
        }
    }

    /// Notes the status of an answer that is about to begin.
    pub(super) fn answering(&mut self, status: StatusCode) {
        self.row.status = status.as_u16();
    }
}

/// What logs call a request whose caller did not wait for the head (nginx's number for it).
const CLIENT_CLOSED_REQUEST: u16 = 499;

impl<P: Ports> Drop for Flight<P> {
    fn drop(&mut self) {
        if self.landing.is_some() {
            self.caller_left();
            self.land(None, None);
        }
    }
}
