//! The order of roles that some providers insist on.

use std::borrow::Cow;

use super::{Turns, concat, lose, message, rewritten, role};
use crate::sketch::{Json, Kind, Sketch};

impl Turns {
    /// Mistral's order: after an assistant's message no system message, after a tool's only an
    /// assistant's or another tool's; and an answer at the end says that it is a prefix.
    pub(super) fn in_mistrals_order(&mut self, lost: &mut Vec<Cow<'static, str>>) -> Option<()> {
        let mut at = 0;
        while let Some(turn) = self.list.get(at) {
            let before = at.checked_sub(1).and_then(|before| self.list.get(before)).map(role);
            match (before.as_deref(), role(turn).as_ref()) {
                (Some("assistant" | "tool"), "system") => {
                    lose(lost, "messages[].role".to_owned());
                    self.set_role(at, "user")?;
                    continue;
                }
                (Some("tool"), "user") => {
                    self.insert(at, message("assistant", "OK."))?;
                    at += 1;
                }
                _ => {}
            }
            at += 1;
        }
        let Some(last) = self.list.last_mut() else { return Some(()) };
        if role(last) == "assistant"
            && last.elements("tool_calls").is_none()
            && last.member("prefix").is_none()
        {
            let mut edits = last.edit();
            edits.set("prefix", true);
            *last = rewritten(edits)?;
            self.changed = true;
        }
        Some(())
    }

    /// Perplexity's order: system messages first, then user and assistant in turn.
    pub(super) fn alternate(&mut self, lost: &mut Vec<Cow<'static, str>>) -> Option<()> {
        let first = self.list.iter().position(|turn| role(turn) != "system").unwrap_or(self.list.len());
        for at in first..self.list.len() {
            if self.list.get(at).is_some_and(|turn| role(turn) == "system") {
                lose(lost, "messages[].role".to_owned());
                self.set_role(at, "user")?;
            }
        }
        let mut at = first;
        while let (Some(one), Some(next)) = (self.list.get(at), self.list.get(at + 1)) {
            match joined(one, next) {
                Some(content) => {
                    let mut edits = one.edit();
                    edits.set("content", content);
                    let whole = rewritten(edits)?;
                    self.list.splice(at..at + 2, [whole]);
                    self.changed = true;
                }
                None => at += 1,
            }
        }
        Some(())
    }

    fn set_role(&mut self, at: usize, role: &'static str) -> Option<()> {
        let turn = self.list.get_mut(at)?;
        let mut edits = turn.edit();
        edits.set("role", role);
        *turn = rewritten(edits)?;
        self.changed = true;
        Some(())
    }
}

/// The content of two messages of one side as one, if they are such.
fn joined(one: &Sketch, next: &Sketch) -> Option<Json> {
    let side = role(one);
    let plain = |turn: &Sketch| turn.member("tool_calls").is_none();
    if side != role(next) || !matches!(side.as_ref(), "user" | "assistant") || !plain(one) || !plain(next) {
        return None;
    }
    let content =
        |turn: &Sketch| turn.member("content").map(|member| (member.kind, turn.value(member).to_vec()));
    let ((kind, first), (other, second)) = (content(one)?, content(next)?);
    if let (Kind::String, Kind::String) = (kind, other) {
        // Two JSON strings are one if what stands between them goes.
        let (head, tail) = (first.strip_suffix(b"\"")?, second.strip_prefix(b"\"")?);
        return Some(Json::checked(concat(&[head, br"\n\n", tail])));
    }
    let (head, tail) = (parts(kind, &first)?, parts(other, &second)?);
    let comma: &[u8] = if head.is_empty() || tail.is_empty() { b"" } else { b"," };
    Some(Json::checked(concat(&[b"[", &head, comma, &tail, b"]"])))
}

/// The parts of a content, without the brackets around them.
fn parts(kind: Kind, raw: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Kind::String => Some([br#"{"type":"text","text":"#, raw, b"}"].concat()),
        Kind::Array => Some(raw.strip_prefix(b"[")?.strip_suffix(b"]")?.trim_ascii().to_vec()),
        _ => None,
    }
}
