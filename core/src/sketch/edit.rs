//! Rewriting a body in place: the untouched parts are slices of the old one.

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Member, Sketch};

/// A value to put into a body: valid JSON by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(Bytes);

impl Json {
    /// An object of these members, whose names must differ.
    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, Json)>) -> Self {
        let mut text = BytesMut::from(&b"{"[..]);
        for (index, (name, value)) in members.into_iter().enumerate() {
            put_member(&mut text, index > 0, name, &value);
        }
        text.extend_from_slice(b"}");
        Self(text.freeze())
    }
}

fn put_member(text: &mut BytesMut, comma: bool, name: &str, value: &Json) {
    if comma {
        text.extend_from_slice(b",");
    }
    text.extend_from_slice(&Json::from(name).0);
    text.extend_from_slice(b":");
    text.extend_from_slice(&value.0);
}

impl Json {
    /// JSON text that was put together from valid JSON.
    pub(crate) fn checked(json: Bytes) -> Self {
        Self(json)
    }

    /// The text.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }

    /// JSON text that is known to be valid.
    pub(crate) fn from_static(json: &'static str) -> Self {
        Self(Bytes::from_static(json.as_bytes()))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self(Value::from(text).to_string().into())
    }
}

impl From<bool> for Json {
    fn from(yes: bool) -> Self {
        Self(Bytes::from_static(if yes { b"true" } else { b"false" }))
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

impl From<&RawValue> for Json {
    fn from(raw: &RawValue) -> Self {
        Self(Bytes::copy_from_slice(raw.get().as_bytes()))
    }
}

impl From<Edits<'_>> for Json {
    /// For an object inside the body: the edited [`Sketch::object`] is the new value.
    fn from(edits: Edits<'_>) -> Self {
        let pieces = edits.pieces();
        let mut whole = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
        pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
        Self(whole.freeze())
    }
}

/// Wishes for the top-level members of a body, by name. Later ones see what earlier ones did.
#[derive(Clone, Debug)]
pub struct Edits<'s> {
    sketch: &'s Sketch,
    changes: Vec<Change>,
    added: Vec<(String, Json)>,
}

/// What becomes of the member of this index.
#[derive(Clone, Debug)]
struct Change {
    member: usize,
    removed: bool,
    name: Option<String>,
    value: Option<Json>,
}

/// Where a name is found.
enum Found {
    Member(usize),
    Added(usize),
}

impl<'s> Edits<'s> {
    pub(super) fn new(sketch: &'s Sketch) -> Self {
        Self { sketch, changes: Vec::new(), added: Vec::new() }
    }

    /// Whether nothing was asked for, so that the body can go out as it came.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.added.is_empty()
    }

    /// Gives the member this value; a new member goes to the end of the object.
    pub fn set(&mut self, name: &str, value: impl Into<Json>) {
        let value = value.into();
        match self.find(name) {
            Some(Found::Member(member)) => self.change(member).value = Some(value),
            Some(Found::Added(at)) => {
                if let Some((_, old)) = self.added.get_mut(at) {
                    *old = value;
                }
            }
            None => self.added.push((name.to_owned(), value)),
        }
    }

    /// Takes the member out. False if there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        match self.find(name) {
            Some(Found::Member(member)) => self.change(member).removed = true,
            Some(Found::Added(at)) => drop(self.added.remove(at)),
            None => return false,
        }
        true
    }

    /// Gives the member another name, in its place. False, and nothing happens, if there is none of the
    /// old name or already one of the new.
    pub fn rename(&mut self, old: &str, new: &str) -> bool {
        if self.find(new).is_some() {
            return false;
        }
        match self.find(old) {
            Some(Found::Member(member)) => self.change(member).name = Some(new.to_owned()),
            Some(Found::Added(at)) => {
                if let Some((name, _)) = self.added.get_mut(at) {
                    *name = new.to_owned();
                }
            }
            None => return false,
        }
        true
    }

    fn find(&self, name: &str) -> Option<Found> {
        if let Some(at) = self.added.iter().position(|(added, _)| added == name) {
            return Some(Found::Added(at));
        }
        let renamed =
            self.changes.iter().find(|change| !change.removed && change.name.as_deref() == Some(name));
        if let Some(change) = renamed {
            return Some(Found::Member(change.member));
        }
        let named = |member: &Member| super::is_named(&self.sketch.body, member, name);
        let member = self.sketch.members.iter().position(named)?;
        let gone = self.changes.iter().any(|c| c.member == member && (c.removed || c.name.is_some()));
        (!gone).then_some(Found::Member(member))
    }

    fn change(&mut self, member: usize) -> &mut Change {
        let known = self.changes.iter().position(|change| change.member == member);
        let fresh = Change { member, removed: false, name: None, value: None };
        // A change that is taken out goes back to the end: their order has no meaning.
        let change = known.map_or(fresh, |at| self.changes.swap_remove(at));
        self.changes.push_mut(change)
    }

    fn changed(&self, member: usize) -> Option<&Change> {
        self.changes.iter().find(|change| change.member == member)
    }

    fn is_removed(&self, member: usize) -> bool {
        self.changed(member).is_some_and(|change| change.removed)
    }

    /// The edited body, in pieces that follow each other. What was not edited is not copied.
    pub fn pieces(&self) -> Vec<Bytes> {
        let mut out = Pieces { body: &self.sketch.body, list: Vec::with_capacity(8), done: 0 };
        let members = &self.sketch.members;
        let kept = (0..members.len()).rposition(|at| !self.is_removed(at)).map_or(0, |last| last + 1);
        for (at, member) in members.iter().enumerate().take(kept) {
            let Some(change) = self.changed(at) else { continue };
            if change.removed {
                // The comma after it goes too: a kept member follows.
                let next = members.get(at + 1).map_or(member.value.end, |next| next.key.start);
                out.replace(member.key.start, next, None);
                continue;
            }
            if let Some(name) = &change.name {
                out.replace(member.key.start, member.key.end, Some(Json::from(name.as_str()).0));
            }
            if let Some(value) = &change.value {
                out.replace(member.value.start, member.value.end, Some(value.0.clone()));
            }
        }
        self.end(kept, &mut out);
        out.finish()
    }

    /// What follows the last member that is kept: those removed behind it, and the new ones.
    fn end(&self, kept: usize, out: &mut Pieces<'_>) {
        let members = &self.sketch.members;
        let open = self.sketch.open as u32;
        let from = kept.checked_sub(1).and_then(|at| members.get(at)).map_or(open, |last| last.value.end);
        let to = members.last().map_or(open, |last| last.value.end);
        let mut text = BytesMut::new();
        for (index, (name, value)) in self.added.iter().enumerate() {
            put_member(&mut text, kept + index > 0, name, value);
        }
        if from < to || !text.is_empty() {
            out.replace(from, to, Some(text.freeze()));
        }
    }
}

/// The old body up to `done`, with replacements, in pieces.
struct Pieces<'b> {
    body: &'b Bytes,
    list: Vec<Bytes>,
    done: usize,
}

impl Pieces<'_> {
    /// Puts `new` in place of what stands from `start` to `end`, which is not before what was done.
    fn replace(&mut self, start: u32, end: u32, new: Option<Bytes>) {
        self.keep(start as usize);
        self.done = end as usize;
        self.list.extend(new.filter(|new| !new.is_empty()));
    }

    fn keep(&mut self, to: usize) {
        if self.done < to {
            self.list.push(self.body.slice(self.done..to));
        }
    }

    fn finish(mut self) -> Vec<Bytes> {
        self.keep(self.body.len());
        self.list
    }
}
