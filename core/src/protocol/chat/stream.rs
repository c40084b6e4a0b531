//! A streamed answer, as chat says it: events of the conversation to SSE frames.

use std::collections::{BTreeMap, btree_map::Entry};

use bytes::BytesMut;

use super::{
    error::encode_stream_error,
    media::write_media,
    response::{AnswerMeta, finish_reason, service_tier, write_annotation, write_signature},
    usage::write_usage,
};
use crate::{
    conversation::{CallKind, Citation, Delta, Event, Finish, PartKind, Text, Usage},
    protocol::json::{Array, Object, Raw, from_str, one_line, string, unsigned, wire_object},
};

/// Writes a streamed answer as chat completion chunks, one whole SSE frame at a time.
///
/// The role comes first. `[DONE]` is written by [`finish`](Self::finish), and only after an answer
/// that was complete: an error is the last thing that a stream says.
#[derive(Debug)]
pub struct StreamEncoder {
    id: String,
    model: String,
    created: u64,
    include_usage: bool,
    functions: bool,
    /// Everything of a chunk that comes before the number of the choice; empty before the start.
    head: Vec<u8>,
    open: Vec<OpenPart>,
    choices: BTreeMap<u32, Counts>,
    reasoning_blocks: u64,
    service_tier: Option<&'static str>,
    usage: Usage,
    state: State,
}

/// What one choice has said so far.
#[derive(Debug, Default)]
struct Counts {
    calls: u64,
    /// Unicode scalar values of text.
    letters: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Finished,
    Failed,
}

#[derive(Debug)]
struct OpenPart {
    part: u32,
    choice: u32,
    kind: OpenKind,
}

#[derive(Debug)]
enum OpenKind {
    Text {
        from: u64,
        citations: Vec<WebCitation>,
    },
    Reasoning {
        index: u64,
        summary: bool,
        format: Option<String>,
        /// The signature over it: a second one replaces the first, so that it is said at the end.
        signature: Option<String>,
    },
    Refusal,
    Call {
        index: u64,
        kind: CallKind,
    },
    /// A block of the provider's own whose input still comes.
    Provider {
        block: String,
        input: String,
    },
    /// Said already.
    Silent,
}

#[derive(Debug)]
struct WebCitation {
    url: String,
    title: String,
    span: Option<(u64, u64)>,
}

impl StreamEncoder {
    /// An encoder at the beginning of an answer. `include_usage` is the caller's
    /// `stream_options.include_usage`.
    pub fn new(meta: &AnswerMeta<'_>, include_usage: bool) -> Self {
        Self {
            id: meta.id.to_owned(),
            model: meta.model.to_owned(),
            created: meta.created,
            include_usage,
            functions: meta.functions,
            head: Vec::new(),
            open: Vec::new(),
            choices: BTreeMap::new(),
            reasoning_blocks: 0,
            service_tier: None,
            usage: Usage::default(),
            state: State::Open,
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
            Event::Start { id, model, created, .. } => {
                self.start(id.as_deref(), model.as_deref(), *created, out)
            }
            Event::PartStart { part, choice, kind } => self.part_start(*part, *choice, kind, out),
            Event::Delta { part, delta } => self.delta(*part, delta, out),
            Event::PartEnd { part } => self.part_end(*part, out),
            Event::Logprobs { choice, json } => {
                self.begin(*choice, out);
                self.chunk(
                    *choice,
                    out,
                    |_| {},
                    |rest| {
                        one_line(rest.key("logprobs"), json.get());
                        rest.null("finish_reason");
                    },
                );
            }
            Event::Usage(usage) => self.usage.update(usage),
            Event::ServiceTier(tier) => self.service_tier = service_tier(tier),
            Event::Finish { choice, finish } => self.finish_choice(*choice, finish, out),
            Event::Error(error) => {
                self.state = State::Failed;
                encode_stream_error(error, out);
            }
        }
    }

    /// The answer has ended: writes usage, where it was asked for, and `[DONE]`; nothing after an
    /// error, and nothing where no choice has finished.
    pub fn finish(&mut self, out: &mut BytesMut) {
        if self.state != State::Finished {
            return;
        }
        if self.include_usage && !self.usage.is_empty() {
            let mut object = self.frame(out);
            object.array("choices", |_| {});
            object.object("usage", |object| write_usage(object, &self.usage));
            object.end();
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// Opens the object of a chunk.
    fn frame<'o>(&self, out: &'o mut BytesMut) -> Object<'o, BytesMut> {
        out.extend_from_slice(b"data: ");
        let mut object = Object::new(out);
        object.string("id", &self.id);
        object.string("object", "chat.completion.chunk");
        object.unsigned("created", self.created);
        object.string("model", &self.model);
        object
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, created: Option<u64>, out: &mut BytesMut) {
        if !self.head.is_empty() {
            return;
        }
        self.id = id.map_or_else(|| std::mem::take(&mut self.id), str::to_owned);
        self.model = model.map_or_else(|| std::mem::take(&mut self.model), str::to_owned);
        self.created = created.unwrap_or(self.created);
        let mut head = BytesMut::new();
        let mut object = self.frame(&mut head);
        object.key("choices").extend_from_slice(b"[{\"index\":");
        self.head = head.to_vec();
        self.begin(0, out);
    }

    /// The role of a choice comes before anything else of it.
    fn begin(&mut self, choice: u32, out: &mut BytesMut) {
        let Entry::Vacant(vacant) = self.choices.entry(choice) else { return };
        vacant.insert(Counts::default());
        self.delta_chunk(choice, out, |delta| {
            delta.string("role", "assistant");
            delta.string("content", "");
            delta.null("refusal");
        });
    }

    /// Writes a chunk of one choice: its delta, and what stands beside the delta.
    fn chunk(
        &self,
        choice: u32,
        out: &mut BytesMut,
        delta: impl FnOnce(&mut Object<'_, BytesMut>),
        rest: impl FnOnce(&mut Object<'_, BytesMut>),
    ) {
        out.extend_from_slice(&self.head);
        unsigned(out, choice.into());
        out.extend_from_slice(b",\"delta\":");
        let mut object = Object::new(out);
        delta(&mut object);
        object.end();
        let mut beside = Object::resume(out);
        rest(&mut beside);
        beside.end();
        out.extend_from_slice(b"]");
        let mut end = Object::resume(out);
        end.string_or_skip("service_tier", self.service_tier);
        if self.include_usage {
            end.null("usage");
        }
        end.end();
        out.extend_from_slice(b"\n\n");
    }

    fn delta_chunk(&self, choice: u32, out: &mut BytesMut, delta: impl FnOnce(&mut Object<'_, BytesMut>)) {
        self.chunk(choice, out, delta, |rest| rest.null("finish_reason"));
    }

    fn part_start(&mut self, part: u32, choice: u32, kind: &PartKind<'_>, out: &mut BytesMut) {
        self.begin(choice, out);
        let kind = match kind {
            PartKind::Text => OpenKind::Text {
                from: self.choices.entry(choice).or_default().letters,
                citations: Vec::new(),
            },
            PartKind::Refusal => OpenKind::Refusal,
            PartKind::Media(media) => {
                self.delta_chunk(choice, out, |delta| write_media(delta, &self.id, self.created, &[media]));
                OpenKind::Silent
            }
            PartKind::Reasoning { summary, format } => {
                let index = self.reasoning_blocks;
                self.reasoning_blocks += 1;
                let format = format.as_deref().map(str::to_owned);
                OpenKind::Reasoning { index, summary: *summary, format, signature: None }
            }
            PartKind::OpaqueReasoning { data, id, format } => {
                let index = self.reasoning_blocks;
                self.reasoning_blocks += 1;
                self.delta_chunk(choice, out, |delta| {
                    detail(delta, index, "reasoning.encrypted", format.as_deref(), |object| {
                        object.string("data", data);
                        object.string_or_skip("id", id.as_deref());
                    });
                });
                OpenKind::Silent
            }
            PartKind::ToolCall { id, name, kind, signature } => {
                let counts = self.choices.entry(choice).or_default();
                let index = counts.calls;
                counts.calls += 1;
                let function = self.functions && index == 0;
                self.delta_chunk(choice, out, |delta| match function {
                    true => delta.object("function_call", |called| {
                        called.string("name", name);
                        called.string("arguments", "");
                    }),
                    false => call(delta, index, |object| {
                        object.string("id", id);
                        let (word, input) = words(*kind);
                        object.string("type", word);
                        object.object(word, |called| {
                            called.string("name", name);
                            called.string(input, "");
                        });
                        write_signature(object, signature.as_deref());
                    }),
                });
                OpenKind::Call { index, kind: *kind }
            }
            PartKind::Provider { kind, json } if kind.ends_with("tool_use") => {
                OpenKind::Provider { block: json.get().to_owned(), input: String::new() }
            }
            PartKind::Provider { json, .. } => {
                self.delta_chunk(choice, out, |delta| {
                    provider_block(delta, |block| one_line(block, json.get()))
                });
                OpenKind::Silent
            }
        };
        self.open.push(OpenPart { part, choice, kind });
    }

    fn delta(&mut self, part: u32, delta: &Delta<'_>, out: &mut BytesMut) {
        let Some(place) = self.open.iter().position(|open| open.part == part) else { return };
        let mut open = self.open.swap_remove(place);
        let choice = open.choice;
        match (&mut open.kind, delta) {
            (OpenKind::Text { .. }, Delta::Text(text)) => {
                self.choices.entry(choice).or_default().letters += text.chars().count() as u64;
                self.delta_chunk(choice, out, |delta| delta.string("content", text));
            }
            (OpenKind::Text { citations, .. }, Delta::Citation(citation)) => match web_citation(citation) {
                Some(citation) => citations.push(citation),
                None => self.delta_chunk(choice, out, |delta| {
                    delta.array("citations", |list| one_line(list.element(), citation.json.get()));
                }),
            },
            (OpenKind::Refusal, Delta::Text(text)) => {
                self.delta_chunk(choice, out, |delta| delta.string("refusal", text));
            }
            (OpenKind::Reasoning { index, summary, format, .. }, Delta::Text(text)) => {
                self.delta_chunk(choice, out, |delta| {
                    delta.string("reasoning_content", text);
                    if format.is_some() {
                        let (kind, member) = if *summary {
                            ("reasoning.summary", "summary")
                        } else {
                            ("reasoning.text", "text")
                        };
                        detail(delta, *index, kind, format.as_deref(), |object| object.string(member, text));
                    }
                });
            }
            (OpenKind::Reasoning { signature, .. }, Delta::Signature(later)) => {
                *signature = Some(later.clone().into_owned());
            }
            (OpenKind::Call { index: 0, .. }, Delta::Arguments(arguments)) if self.functions => {
                self.delta_chunk(choice, out, |delta| {
                    delta.object("function_call", |called| called.string("arguments", arguments));
                });
            }
            (OpenKind::Call { index, kind }, Delta::Arguments(arguments)) => {
                self.delta_chunk(choice, out, |delta| {
                    call(delta, *index, |object| {
                        let (word, input) = words(*kind);
                        object.object(word, |called| called.string(input, arguments));
                    });
                });
            }
            (OpenKind::Provider { input, .. }, Delta::Arguments(arguments)) => input.push_str(arguments),
            _ => {}
        }
        self.open.push(open);
    }

    fn part_end(&mut self, part: u32, out: &mut BytesMut) {
        let Some(place) = self.open.iter().position(|open| open.part == part) else { return };
        let open = self.open.swap_remove(place);
        match open.kind {
            OpenKind::Text { from, citations } if !citations.is_empty() => {
                let to = self.choices.entry(open.choice).or_default().letters;
                self.delta_chunk(open.choice, out, |delta| {
                    delta.array("annotations", |list| {
                        for citation in &citations {
                            let span = citation.span.unwrap_or((from, to));
                            write_annotation(list, Some(&citation.url), Some(&citation.title), span);
                        }
                    });
                });
            }
            OpenKind::Reasoning { index, format, signature: Some(signature), .. } => {
                self.delta_chunk(open.choice, out, |delta| {
                    detail(delta, index, "reasoning.text", format.as_deref(), |object| {
                        object.string("signature", &signature);
                    });
                });
            }
            OpenKind::Provider { block, input } => {
                self.delta_chunk(open.choice, out, |delta| {
                    provider_block(delta, |out| put_block(out, &block, &input));
                });
            }
            _ => {}
        }
    }

    fn finish_choice(&mut self, choice: u32, finish: &Finish<'_>, out: &mut BytesMut) {
        self.begin(choice, out);
        if let Some(explanation) = finish.explanation.as_deref() {
            self.delta_chunk(choice, out, |delta| delta.string("refusal", explanation));
        }
        self.chunk(
            choice,
            out,
            |_| {},
            |rest| {
                rest.string("finish_reason", finish_reason(finish, self.functions));
                rest.string_or_skip("native_finish_reason", finish.raw.as_deref());
                rest.string_or_skip("stop_reason", finish.stop_sequence.as_deref());
            },
        );
        self.state = State::Finished;
    }
}

fn call(delta: &mut Object<'_, BytesMut>, index: u64, members: impl FnOnce(&mut Object<'_, BytesMut>)) {
    delta.array("tool_calls", |list| {
        list.object(|object| {
            object.unsigned("index", index);
            members(object);
        });
    });
}

/// The type of a call, which is also the name of its member, and the name of its input.
fn words(kind: CallKind) -> (&'static str, &'static str) {
    match kind {
        CallKind::Function => ("function", "arguments"),
        CallKind::Custom => ("custom", "input"),
    }
}

fn detail(
    delta: &mut Object<'_, BytesMut>,
    index: u64,
    kind: &str,
    format: Option<&str>,
    members: impl FnOnce(&mut Object<'_, BytesMut>),
) {
    delta.array("reasoning_details", |list| {
        list.object(|object| {
            object.string("type", kind);
            members(object);
            object.string_or_skip("format", format);
            object.unsigned("index", index);
        });
    });
}

fn provider_block(delta: &mut Object<'_, BytesMut>, block: impl FnOnce(&mut BytesMut)) {
    delta.array("provider_blocks", |list: &mut Array<'_, BytesMut>| block(list.element()));
}

fn web_citation(citation: &Citation<'_>) -> Option<WebCitation> {
    let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
    citation.url.as_ref()?;
    Some(WebCitation { url: text(&citation.url), title: text(&citation.title), span: citation.span })
}

/// Writes a block of the provider's own with the input that came after it.
fn put_block(out: &mut BytesMut, block: &str, input: &str) {
    wire_object! {
        struct WireBlock<'a> {
            input: Raw<'a> = "input",
        }
    }
    let Ok(parsed) = from_str::<WireBlock<'_>>(block) else { return };
    let mut object = Object::new(out);
    for (key, value) in &parsed.extra {
        one_line(object.key(key), value.get());
    }
    match from_str::<Raw<'_>>(input) {
        Ok(input) => one_line(object.key("input"), input.get()),
        // Cut in the middle: what came of it is said as text.
        Err(_) if !input.is_empty() => string(object.key("input"), input),
        Err(_) => one_line(object.key("input"), parsed.input.map_or("{}", |input| input.get())),
    }
    object.end();
}
