//! Of the platform's own classes what is used here, as they are called in JavaScript.
//!
//! The bindings that come with the worker crate look methods up by name, or go through layers of streams; what
//! runs for each piece of an answer is called directly.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{Array, Promise, Uint8Array};
use worker::wasm_bindgen::prelude::*;
use worker::web_sys::{Headers, ReadableStream, RequestInit, Response};

#[wasm_bindgen(wasm_bindgen = worker::wasm_bindgen)]
extern "C" {
    /// Sends a request.
    #[wasm_bindgen(catch)]
    pub(crate) fn fetch(url: &str, init: &RequestInit) -> Result<Promise<Response>, JsValue>;

    #[wasm_bindgen(js_name = setTimeout, catch)]
    pub(crate) fn set_timeout(fires: &Closure<dyn FnMut()>, milliseconds: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout, catch)]
    pub(crate) fn clear_timeout(id: &JsValue) -> Result<(), JsValue>;

    type ReadableStreamDefaultReader;
    #[wasm_bindgen(constructor, catch)]
    fn new(stream: &ReadableStream) -> Result<ReadableStreamDefaultReader, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn read(this: &ReadableStreamDefaultReader) -> Result<Promise, JsValue>;

    type Piece;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Piece) -> Option<Uint8Array>;

    type IdentityTransformStream;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<IdentityTransformStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &IdentityTransformStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &IdentityTransformStream) -> WritableStream;

    type WritableStream;
    #[wasm_bindgen(method, js_name = getWriter, catch)]
    fn writer(this: &WritableStream) -> Result<Writer, JsValue>;

    /// The writing side of a pipe.
    pub(crate) type Writer;
    #[wasm_bindgen(method, js_name = write, catch)]
    fn begin_write(this: &Writer, piece: &Uint8Array) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, js_name = close, catch)]
    fn begin_close(this: &Writer) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, getter, js_name = closed)]
    fn until_closed(this: &Writer) -> Promise;
}

/// A stream of the platform's, read piece by piece.
///
/// All reads tell the same two functions: to make new ones for each costs as much as the read.
pub(crate) struct Reader {
    reader: ReadableStreamDefaultReader,
    turn: Rc<RefCell<Turn>>,
}

/// A function that the platform calls with what it has to tell.
type Ear = Closure<dyn FnMut(JsValue)>;

/// What is known of the read that was asked for last.
#[derive(Default)]
struct Turn {
    asked: bool,
    told: Option<Result<JsValue, JsValue>>,
    waker: Option<Waker>,
    /// Whether nobody waits for it any more.
    left: bool,
    /// What the platform tells. Gone with the reader, or with the answer to its last read.
    ears: Option<[Ear; 2]>,
}

impl Turn {
    /// Functions that know where to tell what they are told.
    fn listen(turn: &Rc<RefCell<Self>>) {
        let ear = |result: fn(JsValue) -> Result<JsValue, JsValue>| {
            let turn = turn.clone();
            Closure::new(move |told| {
                let mut turn = turn.borrow_mut();
                turn.told = Some(result(told));
                if let Some(waker) = turn.waker.take() {
                    waker.wake();
                }
                let left = turn.left;
                let ears = turn.ears.take_if(|_| left);
                drop(turn);
                drop(ears);
            })
        };
        let ears = [ear(Ok), ear(Err)];
        turn.borrow_mut().ears = Some(ears);
    }
}

impl Reader {
    pub(crate) fn new(stream: &ReadableStream) -> Result<Self, JsValue> {
        let reader = ReadableStreamDefaultReader::new(stream)?;
        let turn = Rc::default();
        Turn::listen(&turn);
        Ok(Self { reader, turn })
    }

    /// The next piece; `None` at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, JsValue>>> {
        let mut turn = self.turn.borrow_mut();
        if !turn.asked {
            match (self.reader.read(), &turn.ears) {
                (Ok(read), Some([value, error])) => drop(read.then2(value, error)),
                (Ok(_), None) => return Poll::Ready(Some(Err(JsValue::NULL))),
                (Err(error), _) => return Poll::Ready(Some(Err(error))),
            }
            turn.asked = true;
        }
        let Some(read) = turn.told.take() else {
            turn.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        turn.asked = false;
        let piece = read.map(|piece| piece.unchecked_into::<Piece>().value());
        Poll::Ready(piece.map(|piece| piece.map(|piece| Bytes::from(piece.to_vec()))).transpose())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut turn = self.turn.borrow_mut();
        // A read that is not answered yet tells functions that must be there still.
        turn.left = true;
        turn.waker = None;
        let is_over = !turn.asked || turn.told.is_some();
        let ears = turn.ears.take_if(|_| is_over);
        drop(turn);
        drop(ears);
    }
}

thread_local! {
    /// What is done about a piece that was not taken, where nobody waits for it: the pipe says so itself.
    static IGNORE: Closure<dyn FnMut(JsValue)> = Closure::new(|_| {});
}

/// A pipe, its reading side first.
pub(crate) fn pipe() -> Result<(ReadableStream, Writer), JsValue> {
    let pipe = IdentityTransformStream::new()?;
    Ok((pipe.readable(), pipe.writable().writer()?))
}

impl Writer {
    /// Writes a piece, and waits until it and those before it were taken where that `is_enough` for the reading
    /// side. `false` where nobody takes it any more.
    pub(crate) async fn write(&self, data: &[u8], is_enough: bool) -> bool {
        match self.begin_write(&Uint8Array::from(data)) {
            Ok(written) if is_enough => JsFuture::from(written).await.is_ok(),
            Ok(written) => {
                IGNORE.with(|ignore| drop(written.catch(ignore)));
                true
            }
            Err(_) => false,
        }
    }

    /// Resolves when the reading side is gone.
    pub(crate) fn closed(&self) -> JsFuture {
        JsFuture::from(self.until_closed())
    }

    pub(crate) async fn close(&self) {
        if let Ok(closed) = self.begin_close() {
            // A caller who leaves at the very end has had everything.
            let _ = JsFuture::from(closed).await;
        }
    }
}

/// Headers as the core has them. What is no header by its rules (a byte beyond ASCII is one) stays: a value may
/// be any bytes but control characters.
pub(crate) fn header_map(headers: &Headers) -> HeaderMap {
    let entries = Array::from(headers);
    let mut map = HeaderMap::with_capacity(entries.length() as usize);
    for entry in entries.iter() {
        let entry: Array = entry.unchecked_into();
        let text = |place| entry.get(place).as_string().unwrap_or_default();
        let name = HeaderName::from_bytes(text(0).as_bytes());
        let value = HeaderValue::from_bytes(text(1).as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

/// Headers as the platform has them.
pub(crate) fn headers(map: &HeaderMap) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in map {
        headers.append(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))?;
    }
    Ok(headers)
}
