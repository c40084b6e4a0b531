//! The line that every request leaves in the operator's log.
//!
//! It says who asked, who answered, what was used and how long it took: no bodies, no secrets.
//! As JSON:
//!
//! ```json
//! {"time":"2026-11-21T08:05:09.250Z","level":"info","event":"request","status":200,
//!  "id":"req_1","tenant":"/team","key":"ci","endpoint":"chat.completions","provider":"openai-east",
//!  "model":"smart","model_answered":"gpt-5-mini","stream":true,"attempts":1,
//!  "input_tokens":12,"output_tokens":9,"latency_ms":401.250,"first_token_ms":180.004,
//!  "finish":"stop"}
//! ```
//!
//! (on one line), and as text the same fields as `name=value`, status and id first. What is not
//! known is left out. `time` is the end of the request.

use super::{
    UsageRow,
    columns::{COLUMNS, clip},
    json::{Object, push_number},
    notice::{Level, open, push_word},
    sql::Value,
    time::push_time,
};
use crate::config::LogFormat;

/// Writes the line of a request to the end of `out`, without a newline.
pub fn log_line(row: &UsageRow, format: LogFormat, out: &mut String) {
    let end = row.at.saturating_add(row.latency_us);
    match format {
        LogFormat::Json => {
            let mut object = open(end, Level::Info, "request", out);
            fields(row, |name, field| match field {
                Field::Text(text) => object.text(name, text),
                Field::Number(number) => object.number(name, number),
                Field::Flag(flag) => object.flag(name, flag),
                Field::Milliseconds(us) => push_milliseconds(us, object.raw(name)),
            });
            object.close();
        }
        LogFormat::Text => {
            push_time(end, out);
            out.push_str(" request");
            fields(row, |name, field| {
                out.push(' ');
                out.push_str(name);
                out.push('=');
                match field {
                    Field::Text(text) => push_word(text, out),
                    Field::Number(number) => push_number(number, out),
                    Field::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
                    Field::Milliseconds(us) => push_milliseconds(us, out),
                }
            });
        }
    }
}

/// Writes a row that no store would take to the end of `out`, whole, as one line of JSON: its
/// fields are the columns of the table `usage`. [`read_unwritten`](super::read_unwritten) reads it back.
pub fn unwritten_line(row: &UsageRow, reason: &str, out: &mut String) {
    let end = row.at.saturating_add(row.latency_us);
    let mut object = open(end, Level::Error, "usage_unwritten", out);
    object.text("reason", reason);
    let mut columns = Object::open(object.raw("row"));
    for column in &COLUMNS {
        match (column.of)(row) {
            // No column holds bytes.
            Value::Null | Value::Blob(_) => {}
            Value::Integer(number) => columns.number(column.name, number.unsigned_abs()),
            Value::Text(text) => columns.text(column.name, &text),
        }
    }
    columns.close();
    object.close();
}

enum Field<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
    /// Microseconds, to be shown as milliseconds.
    Milliseconds(u64),
}

/// Calls `push` for each field of the line, in order.
fn fields(row: &UsageRow, mut push: impl FnMut(&'static str, Field<'_>)) {
    use Field::{Flag, Milliseconds, Number, Text};
    push("status", Number(row.status.into()));
    push("id", Text(clip(&row.id)));
    let mut text = |name, text: Option<&str>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            push(name, Text(clip(text)));
        }
    };
    text("tenant", Some(&row.tenant));
    text("key", Some(&row.key));
    text("user_path", row.user_path.as_deref());
    text("endpoint", Some(row.endpoint));
    text("provider", row.provider.as_deref());
    text("model", Some(&row.model_asked));
    text("model_answered", row.model_answered.as_deref());
    text("finish", row.finish.as_deref());
    text("error", row.error.map(|e| e.name()));
    text("cache", row.cache.map(|c| c.name()));
    text("lost", row.lost.as_deref());
    push("stream", Flag(row.stream));
    push("attempts", Number(row.attempts.into()));
    let mut number = |name, number: Option<u64>| {
        if let Some(number) = number {
            push(name, Number(number));
        }
    };
    number("input_tokens", row.usage.input);
    number("cached_input_tokens", row.usage.cached_input);
    number("output_tokens", row.usage.output);
    number("reasoning_tokens", row.usage.reasoning);
    number("cost_nanodollars", row.cost.as_ref().map(|c| c.nanodollars));
    if row.estimated {
        push("estimated", Flag(true));
    }
    push("latency_ms", Milliseconds(row.latency_us));
    if let Some(us) = row.first_token_us {
        push("first_token_ms", Milliseconds(us));
    }
}

fn push_milliseconds(us: u64, out: &mut String) {
    push_number(us / 1_000, out);
    out.push('.');
    for place in [100, 10, 1] {
        out.push(char::from(b'0' + (us / place % 10) as u8));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        conversation::Usage,
        ledger::{ErrorClass, Labels},
    };

    fn row() -> UsageRow {
        UsageRow {
            id: "req_1".into(),
            at: 1_795_248_308_848_750,
            tenant: "/team".into(),
            key: "ci".into(),
            labels: Arc::new(Labels::from([("cost centre".into(), "7".into())])),
            provider: Some("openai-east".into()),
            model_asked: "smart chat".into(),
            model_answered: Some("gpt-5-mini".into()),
            front: "chat",
            endpoint: "chat.completions",
            usage: Usage { input: Some(12), output: Some(9), ..Usage::default() },
            latency_us: 401_250,
            first_token_us: Some(180_004),
            status: 200,
            finish: Some("stop".into()),
            stream: true,
            attempts: 1,
            ..UsageRow::default()
        }
    }

    fn line(row: &UsageRow, format: LogFormat) -> String {
        let mut out = String::new();
        log_line(row, format, &mut out);
        out
    }

    #[test]
    fn a_json_line_says_what_happened() {
        let read: serde_json::Value = serde_json::from_str(&line(&row(), LogFormat::Json)).unwrap();
        let want = serde_json::json!({
            "time": "2026-11-21T08:05:09.250Z", "level": "info", "event": "request", "id": "req_1", "status": 200,
            "tenant": "/team", "key": "ci", "endpoint": "chat.completions", "provider": "openai-east",
            "model": "smart chat", "model_answered": "gpt-5-mini", "stream": true, "attempts": 1,
            "input_tokens": 12, "output_tokens": 9, "latency_ms": 401.25, "first_token_ms": 180.004,
            "finish": "stop",
        });
        assert_eq!(read, want);
    }

    #[test]
    fn a_text_line_says_the_same() {
        let want = "2026-11-21T08:05:09.250Z request status=200 id=req_1 tenant=/team key=ci \
                    endpoint=chat.completions provider=openai-east model=\"smart chat\" \
                    model_answered=gpt-5-mini finish=stop stream=true attempts=1 input_tokens=12 \
                    output_tokens=9 latency_ms=401.250 first_token_ms=180.004";
        assert_eq!(line(&row(), LogFormat::Text), want);
    }

    #[test]
    fn callers_cannot_forge_or_flood_lines() {
        let hostile = UsageRow {
            id: "x\n2026 request status=200".into(),
            model_asked: "\u{1b}[2J\"é".repeat(100_000),
            error: Some(ErrorClass::CallerLeft),
            ..row()
        };
        for format in [LogFormat::Json, LogFormat::Text] {
            let line = line(&hostile, format);
            assert!(!line.contains(['\n', '\u{1b}']), "{line}");
            assert!(line.len() < 4_000, "{}", line.len());
            assert!(line.contains("caller_left"));
        }
    }

    #[test]
    fn an_unwritten_row_is_whole() {
        let mut out = String::new();
        unwritten_line(&row(), "disk full", &mut out);
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(read["event"], "usage_unwritten");
        assert_eq!(read["reason"], "disk full");
        let columns = read["row"].as_object().unwrap();
        let want = COLUMNS.iter().filter(|c| (c.of)(&row()) != Value::Null).count();
        assert_eq!(columns.len(), want);
        assert_eq!(columns["labels"], "{\"cost centre\":\"7\"}");
        assert_eq!(columns["output"], 9);
        assert_eq!(columns["stream"], 1);
    }
}
