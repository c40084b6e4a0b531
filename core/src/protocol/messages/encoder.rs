//! A streamed answer, as Anthropic says it: events of the conversation to SSE frames.

use std::collections::VecDeque;

use bytes::BytesMut;

use super::{
    answer::{is_block, is_ours, service_tier, stop_reason, write_citation, write_stop_details, write_usage},
    error::encode_stream_error,
};
use crate::{
    conversation::{Delta, Event, Finish, PartKind, Usage},
    protocol::{
        chat::AnswerMeta,
        json::{Object, one_line},
    },
};

/// Writes a streamed answer in Anthropic's sequence of events: `message_start`; for each block one
/// start, its deltas and one stop, one block after another; `message_delta` with the reason and the
/// usage; `message_stop`.
///
/// Other protocols let parts overlap (calls whose arguments come in turns): a block that begins
/// while another is open waits for it, and is told when that one has ended.
#[derive(Debug)]
pub struct StreamEncoder {
    id: String,
    model: String,
    usage: Usage,
    tier: Option<&'static str>,
    finish: Option<Finish<'static>>,
    blocks: u64,
    /// Whether the model said that it will not answer.
    refused: bool,
    /// The open block and those that wait for it.
    open: VecDeque<OpenBlock>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Open,
    Failed,
}

#[derive(Debug)]
struct OpenBlock {
    part: u32,
    index: u64,
    thinks: bool,
    /// Whether a signature of it is not Claude's: no caller of this protocol could use it, and Claude
    /// would refuse it.
    foreign: bool,
    /// Frames that wait.
    held: BytesMut,
    ended: bool,
}

impl StreamEncoder {
    /// An encoder at the beginning of an answer.
    pub fn new(meta: &AnswerMeta<'_>) -> Self {
        Self {
            id: meta.id.to_owned(),
            model: meta.model.to_owned(),
            usage: Usage::default(),
            tier: None,
            finish: None,
            blocks: 0,
            refused: false,
            open: VecDeque::new(),
            state: State::Waiting,
        }
    }

    /// What the answer took so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Writes the frames that one event makes, which may be none.
    pub fn event(&mut self, event: &Event<'_>, out: &mut BytesMut) {
        if self.state == State::Failed {
            return;
        }
        match event {
            Event::Start { id, model, created, usage } => {
                self.usage.update(usage);
                self.start(id.as_deref(), model.as_deref(), *created, out);
            }
            // One choice is all that the protocol has.
            Event::PartStart { choice: 1.., .. } => {}
            Event::PartStart { part, kind, .. } => self.part_start(*part, kind, out),
            Event::Delta { part, delta } => self.delta(*part, delta, out),
            Event::PartEnd { part } => self.part_end(*part, out),
            Event::Usage(usage) => self.usage.update(usage),
            Event::Finish { finish, .. } => {
                self.finish.get_or_insert_with(|| finish.clone().into_owned());
            }
            Event::ServiceTier(tier) => self.tier = service_tier(tier),
            Event::Logprobs { .. } => {}
            Event::Error(error) => {
                self.state = State::Failed;
                encode_stream_error(error, out);
            }
        }
    }

    /// The answer has ended: writes its reason and usage, and `message_stop`; nothing after an
    /// error, and nothing where it has not finished.
    pub fn finish(&mut self, out: &mut BytesMut) {
        let Some(finish) = self.finish.take().filter(|_| self.state == State::Open) else { return };
        frame(out, "message_delta", |object| {
            object.object("delta", |delta| {
                delta.string("stop_reason", stop_reason(&finish, self.refused));
                delta.string_or_null("stop_sequence", finish.stop_sequence.as_deref());
                write_stop_details(delta, &finish);
            });
            object.object("usage", |object| write_usage(object, &self.usage, self.tier));
        });
        frame(out, "message_stop", |_| {});
        self.state = State::Failed;
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, created: Option<u64>, out: &mut BytesMut) {
        if self.state == State::Open {
            return;
        }
        self.state = State::Open;
        frame(out, "message_start", |object| {
            object.object("message", |message| {
                message.string("id", id.unwrap_or(&self.id));
                message.string("type", "message");
                message.string("role", "assistant");
                message.string("model", model.unwrap_or(&self.model));
                if let Some(created) = created {
                    message.unsigned("created", created);
                }
                message.array("content", |_| {});
                message.null("stop_reason");
                message.null("stop_sequence");
                message.object("usage", |object| write_usage(object, &self.usage, None));
            });
        });
    }

    fn part_start(&mut self, part: u32, kind: &PartKind<'_>, out: &mut BytesMut) {
        let foreign = match kind {
            PartKind::OpaqueReasoning { format, .. } => !is_ours(format.as_deref()),
            PartKind::Provider { json, .. } => !is_block(json.get()),
            PartKind::Media(_) => true,
            _ => false,
        };
        if foreign {
            return;
        }
        self.refused |= matches!(kind, PartKind::Refusal);
        let index = self.blocks;
        self.blocks += 1;
        let thinks = matches!(kind, PartKind::Reasoning { .. });
        let foreign = matches!(kind, PartKind::Reasoning { format, .. } if !is_ours(format.as_deref()));
        self.open.push_back(OpenBlock { part, index, thinks, foreign, held: BytesMut::new(), ended: false });
        self.say(part, out, "content_block_start", |object| {
            if let PartKind::Provider { json, .. } = kind {
                one_line(object.key("content_block"), json.get());
            } else {
                object.object("content_block", |block| write_start(block, kind));
            }
        });
    }

    fn delta(&mut self, part: u32, delta: &Delta<'_>, out: &mut BytesMut) {
        let block = self.open.iter().find(|block| block.part == part);
        let thinks = block.is_some_and(|block| block.thinks);
        if matches!(delta, Delta::Signature(_)) && block.is_some_and(|block| block.foreign) {
            return;
        }
        self.say(part, out, "content_block_delta", |object| {
            object.object("delta", |object| match delta {
                Delta::Text(text) if thinks => {
                    object.string("type", "thinking_delta");
                    object.string("thinking", text);
                }
                Delta::Text(text) => {
                    object.string("type", "text_delta");
                    object.string("text", text);
                }
                Delta::Arguments(json) => {
                    object.string("type", "input_json_delta");
                    object.string("partial_json", json);
                }
                Delta::Signature(signature) => {
                    object.string("type", "signature_delta");
                    object.string("signature", signature);
                }
                Delta::Citation(citation) => {
                    object.string("type", "citations_delta");
                    write_citation(object.key("citation"), citation);
                }
            });
        });
    }

    fn part_end(&mut self, part: u32, out: &mut BytesMut) {
        if let Some(block) = self.open.iter_mut().find(|block| block.part == part) {
            block.ended = true;
        }
        while self.open.front().is_some_and(|block| block.ended) {
            let Some(block) = self.open.pop_front() else { return };
            frame(out, "content_block_stop", |object| object.unsigned("index", block.index));
            if let Some(next) = self.open.front_mut() {
                out.extend_from_slice(&std::mem::take(&mut next.held));
            }
        }
    }

    /// Writes a frame of a block, now or when it is its turn.
    fn say(
        &mut self,
        part: u32,
        out: &mut BytesMut,
        name: &str,
        members: impl FnOnce(&mut Object<'_, BytesMut>),
    ) {
        let Some(place) = self.open.iter().position(|block| block.part == part) else { return };
        let Some(block) = self.open.get_mut(place) else { return };
        let index = block.index;
        frame(if place == 0 { out } else { &mut block.held }, name, |object| {
            object.unsigned("index", index);
            members(object);
        });
    }
}

fn write_start(block: &mut Object<'_, BytesMut>, kind: &PartKind<'_>) {
    match kind {
        PartKind::Reasoning { .. } => {
            block.string("type", "thinking");
            block.string("thinking", "");
            block.string("signature", "");
        }
        PartKind::OpaqueReasoning { data, .. } => {
            block.string("type", "redacted_thinking");
            block.string("data", data);
        }
        PartKind::ToolCall { id, name, .. } => {
            block.string("type", "tool_use");
            block.string("id", id);
            block.string("name", name);
            block.object("input", |_| {});
        }
        PartKind::Text | PartKind::Refusal | PartKind::Media(_) | PartKind::Provider { .. } => {
            block.string("type", "text");
            block.string("text", "");
        }
    }
}

/// Writes one event of the stream, its name repeated in its data.
pub(super) fn frame(out: &mut BytesMut, name: &str, members: impl FnOnce(&mut Object<'_, BytesMut>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut object = Object::new(out);
    object.string("type", name);
    members(&mut object);
    object.end();
    out.extend_from_slice(b"\n\n");
}
