//! Rules about messages: what a provider wants differently inside `messages`.
//!
//! Only rows with such a rule look there. Each message is sketched and edited in place, like the
//! body around it; a message that no rule touches goes out with its own bytes, and where none is
//! touched, so does the list. A list that cannot be read (elements that are no objects, a key that
//! stands twice) is left for the provider to refuse in its own words.

mod images;
mod order;
#[cfg(test)]
mod tests;

pub use images::image_addresses;

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::{
    Row,
    catalogue::{Control, Effort, Model},
    quirk::effort,
};
use crate::sketch::{Edits, Json, Kind, Sketch, sketch};

/// What is done to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRule {
    /// A role gets another name.
    Role {
        /// The caller's.
        from: &'static str,
        /// The provider's.
        to: &'static str,
    },
    /// A member gets another name, unless there is one of that name already.
    Rename {
        /// The caller's.
        from: &'static str,
        /// The provider's.
        to: &'static str,
    },
    /// A member is taken out, but not from messages of that role.
    Drop {
        /// The member.
        member: &'static str,
        /// The role.
        except: Option<&'static str>,
    },
    /// All other members are taken out.
    Only(&'static [&'static str]),
    /// Ids of calls that are not nine letters and digits become nine that are made from them.
    CallIds,
    /// A list of texts becomes one text.
    JoinTexts,
    /// Turns with calls get a blank `reasoning_content` where they have none and the model reasons.
    ReasoningContent,
    /// A schema for the answer becomes a system message, and its format `json_object`.
    SchemaInWords,
    /// The order of roles that Mistral wants.
    MistralOrder,
    /// User and assistant take turns, after the system messages.
    Alternate,
    /// Blocks of thinking that nobody signed are taken out, and messages of which nothing is left.
    SignedThinking,
}

/// What the rules of a row make of a body.
#[derive(Debug, Default)]
pub struct MessageEdits {
    /// Top-level members with their new values.
    pub set: Vec<(&'static str, Json)>,
    /// What was lost, by its path.
    pub lost: Vec<Cow<'static, str>>,
}

/// Applies the rules of a row to the messages of a body for a model of which the catalogue has
/// `facts`.
pub fn message_edits<'b>(
    row: &Row,
    facts: impl Fn() -> Option<&'b Model>,
    body: &'b Sketch,
) -> Option<MessageEdits> {
    let rules = || row.quirks.iter().flat_map(|quirk| quirk.messages);
    rules().next()?;
    let value = |name: &str| body.member(name).map(|member| body.value(member));
    let raw = value("messages")?;
    let mut rules = rules().filter(|rule| rule.may_apply(raw, value)).peekable();
    rules.peek()?;
    let mut turns = Turns::of(body)?;
    let mut edits = MessageEdits::default();
    for rule in rules {
        match rule {
            MessageRule::ReasoningContent => {
                let known = facts().filter(|model| model.reasoning.control != Control::None);
                if known.is_some() && effort(&value) != Some(Effort::None) {
                    turns.give_reasoning(&mut edits.lost)?;
                }
            }
            MessageRule::SchemaInWords => {
                if let Some(words) = schema_in_words(body) {
                    turns.insert(0, message("system", &words))?;
                    edits.set.push(("response_format", Json::from_static(r#"{"type":"json_object"}"#)));
                }
            }
            MessageRule::MistralOrder => turns.in_mistrals_order(&mut edits.lost)?,
            MessageRule::Alternate => turns.alternate(&mut edits.lost)?,
            MessageRule::SignedThinking => turns.take_unsigned(&mut edits.lost)?,
            rule => turns.each(|turn, edit| rule.edit(turn, edit, &mut edits.lost))?,
        }
    }
    edits.set.extend(turns.changed.then(|| ("messages", turns.json())));
    (!edits.set.is_empty()).then_some(edits)
}

impl MessageRule {
    /// Whether a list of these bytes, beside these members, can have what the rule is about.
    fn may_apply<'b>(self, messages: &[u8], value: impl Fn(&str) -> Option<&'b [u8]>) -> bool {
        let within = |raw: &[u8], word: &str| memchr::memmem::find(raw, word.as_bytes()).is_some();
        let has = |word: &str| within(messages, word);
        match self {
            Self::Role { from, .. } | Self::Rename { from, .. } => has(from),
            Self::Drop { member, .. } => has(member),
            Self::CallIds => has("tool_call"),
            Self::ReasoningContent => has("tool_calls"),
            Self::SignedThinking => has_blank(messages, b"\"signature\""),
            Self::SchemaInWords => value("response_format").is_some_and(|raw| within(raw, "json_schema")),
            Self::Only(_) | Self::JoinTexts | Self::MistralOrder | Self::Alternate => true,
        }
    }

    /// What it does to one message.
    fn edit(self, turn: &Sketch, edits: &mut Edits<'_>, lost: &mut Vec<Cow<'static, str>>) {
        match self {
            Self::Role { from, to } if role(turn) == from => edits.set("role", to),
            Self::Rename { from, to } => drop(edits.rename(from, to)),
            Self::Drop { member, except } if except != Some(role(turn).as_ref()) => {
                if turn.member(member).is_some_and(|found| says_something(turn.value(found))) {
                    lose(lost, format!("messages[].{member}"));
                }
                edits.remove(member);
            }
            Self::Only(known) => {
                for member in turn.members() {
                    let name = turn.name(member);
                    if !known.contains(&name.as_ref()) {
                        if says_something(turn.value(member)) {
                            lose(lost, format!("messages[].{name}"));
                        }
                        edits.remove(&name);
                    }
                }
            }
            Self::CallIds => short_ids(turn, edits),
            Self::JoinTexts => {
                if let Some(text) = joined_texts(turn) {
                    edits.set("content", text);
                }
            }
            _ => {}
        }
    }
}

/// The messages, as they are and as they become.
struct Turns {
    list: Vec<Sketch>,
    changed: bool,
}

impl Turns {
    fn of(body: &Sketch) -> Option<Self> {
        let elements = body.elements("messages")?;
        let list: Option<Vec<Sketch>> = elements.iter().map(|element| sketch(element).ok()).collect();
        Some(Self { list: list?, changed: false })
    }

    /// Edits each message.
    fn each(&mut self, mut edit: impl FnMut(&Sketch, &mut Edits<'_>)) -> Option<()> {
        for turn in &mut self.list {
            let mut edits = turn.edit();
            edit(turn, &mut edits);
            if !edits.is_empty() {
                let edited = rewritten(edits)?;
                *turn = edited;
                self.changed = true;
            }
        }
        Some(())
    }

    /// Puts a message before the one at this place.
    fn insert(&mut self, at: usize, message: Json) -> Option<()> {
        let turn = sketch(&message.into_bytes()).ok()?;
        if at <= self.list.len() {
            self.list.insert(at, turn);
            self.changed = true;
        }
        Some(())
    }

    fn give_reasoning(&mut self, lost: &mut Vec<Cow<'static, str>>) -> Option<()> {
        self.each(|turn, edits| {
            let calls = turn.elements("tool_calls").is_some_and(|calls| !calls.is_empty());
            let told = turn.string("reasoning_content").ok().flatten().is_some_and(|text| !text.is_empty());
            if role(turn) == "assistant" && calls && !told {
                match turn.string("reasoning").ok().flatten().filter(|text| !text.is_empty()) {
                    Some(text) => edits.set("reasoning_content", text.as_ref()),
                    None => {
                        lose(lost, "messages[].reasoning_content".to_owned());
                        edits.set("reasoning_content", " ");
                    }
                }
            }
        })
    }

    fn take_unsigned(&mut self, lost: &mut Vec<Cow<'static, str>>) -> Option<()> {
        let mut emptied = Vec::new();
        let mut place = 0;
        self.each(|turn, edits| {
            let blocks = turn.elements("content").unwrap_or_default();
            let kept: Vec<&[u8]> =
                blocks.iter().filter(|block| !is_unsigned(block)).map(|block| block.as_ref()).collect();
            if kept.len() < blocks.len() {
                lose(lost, "messages[].content[].thinking".to_owned());
                emptied.extend(kept.is_empty().then_some(place));
                edits
                    .set("content", Json::checked([b"[", kept.join(&b',').as_slice(), b"]"].concat().into()));
            }
            place += 1;
        })?;
        for place in emptied.into_iter().rev() {
            self.list.remove(place);
        }
        Some(())
    }

    fn json(&self) -> Json {
        let mut text = BytesMut::with_capacity(self.list.iter().map(|turn| turn.body().len() + 1).sum());
        for (index, turn) in self.list.iter().enumerate() {
            text.extend_from_slice(if index == 0 { b"[" } else { b"," });
            text.extend_from_slice(turn.body());
        }
        text.extend_from_slice(if self.list.is_empty() { b"[]" } else { b"]" });
        Json::checked(text.freeze())
    }
}

/// Whether a block is thinking with an empty signature.
fn is_unsigned(block: &Bytes) -> bool {
    let Ok(block) = sketch(block) else { return false };
    let text = |name: &'static str| block.string(name).ok().flatten();
    text("type").as_deref() == Some("thinking") && text("signature").as_deref() == Some("")
}

/// Whether a member of this name, in its quotes, may be an empty text.
fn has_blank(json: &[u8], name: &[u8]) -> bool {
    memchr::memmem::find_iter(json, name).any(|at| {
        let rest = json.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
        rest.strip_prefix(b":").is_some_and(|value| value.trim_ascii_start().starts_with(b"\"\""))
    })
}

fn rewritten(edits: Edits<'_>) -> Option<Sketch> {
    sketch(&Json::from(edits).into_bytes()).ok()
}

fn role(turn: &Sketch) -> Cow<'_, str> {
    turn.string("role").ok().flatten().unwrap_or_default()
}

fn message(role: &'static str, content: &str) -> Json {
    Json::object([("role", Json::from(role)), ("content", Json::from(content))])
}

fn lose(lost: &mut Vec<Cow<'static, str>>, name: String) {
    /// Callers choose the names of unknown members.
    const MOST: usize = 16;
    let plain = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic() && b != b',');
    let name = if plain { Cow::Owned(name) } else { Cow::Borrowed("messages[].?") };
    if lost.len() < MOST && !lost.contains(&name) {
        lost.push(name);
    }
}

/// Whether leaving a member with this value out leaves something out.
fn says_something(raw: &[u8]) -> bool {
    !matches!(raw, b"null" | b"\"\"" | b"[]" | b"{}" | b"false")
}

/// Mistral's form of ids, in a call or in its result.
fn short_ids(turn: &Sketch, edits: &mut Edits<'_>) {
    if let Some(short) = turn.string("tool_call_id").ok().flatten().and_then(|id| short_id(&id)) {
        edits.set("tool_call_id", short.as_str());
    }
    let Some(calls) = turn.elements("tool_calls") else { return };
    let calls: Option<Vec<Sketch>> = calls.iter().map(|call| sketch(call).ok()).collect();
    let mut calls = Turns { list: calls.unwrap_or_default(), changed: false };
    let done = calls.each(|call, edits| {
        if let Some(short) = call.string("id").ok().flatten().and_then(|id| short_id(&id)) {
            edits.set("id", short.as_str());
        }
    });
    if done.is_some() && calls.changed {
        edits.set("tool_calls", calls.json());
    }
}

/// Nine letters and digits for an id that is not made of nine, the same for the same id.
fn short_id(id: &str) -> Option<String> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const LENGTH: usize = 9;
    if id.len() == LENGTH && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let digest = Sha256::digest(id);
    // 62 divides 2^128 so nearly that no letter is likelier than another.
    let mut number = digest.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let mut short = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        let letter = LETTERS.get((number % 62) as usize).copied().unwrap_or(b'0');
        short.push(char::from(letter));
        number /= 62;
    }
    Some(short)
}

/// The text of a content that is a list of texts and nothing else, with line breaks between.
fn joined_texts(turn: &Sketch) -> Option<Json> {
    let parts = turn.elements("content").filter(|parts| !parts.is_empty())?;
    let mut texts = Vec::with_capacity(parts.len());
    for part in &parts {
        let part = sketch(part).ok()?;
        if part.string("type").ok().flatten().as_deref() != Some("text") {
            return None;
        }
        texts.push(part.string("text").ok().flatten()?.into_owned());
    }
    Some(Json::from(texts.join("\n").as_str()))
}

/// The instruction that says what `response_format` would, where that is a schema.
fn schema_in_words(body: &Sketch) -> Option<String> {
    let format = body.object("response_format").ok()?.ok()??;
    if format.string("type").ok()?.as_deref() != Some("json_schema") {
        return None;
    }
    let wrapper = format.object("json_schema").ok()?.ok()??;
    let schema = wrapper.member("schema").filter(|member| member.kind == Kind::Object)?;
    let schema = std::str::from_utf8(wrapper.value(schema)).ok()?;
    Some(format!(
        "Answer with one valid JSON object and nothing else: no prose, no code fence. It must follow this \
         JSON schema: {schema}"
    ))
}

/// Raw JSON, joined to a text or a list.
fn concat(pieces: &[&[u8]]) -> Bytes {
    pieces.concat().into()
}
