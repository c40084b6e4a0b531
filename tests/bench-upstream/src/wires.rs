//! What providers answer, in each wire: some 600 bytes of words, whole or as a stream.

/// Events of a stream.
pub(crate) const EVENTS: usize = 64;

/// Some 600 bytes of words.
fn words() -> String {
    (0..100).map(|n| format!("word{n} ")).collect()
}

pub(crate) fn chat_answer() -> String {
    format!(
        r#"{{"id":"chatcmpl-0123456789","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":200,"completion_tokens":150,"total_tokens":350,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_0123456789"}}"#,
        words()
    )
}

pub(crate) fn chat_events() -> Vec<String> {
    let chunk = |rest: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",{rest}}}\n\n"
        )
    };
    let delta = |delta: &str, finish: &str| {
        chunk(&format!(
            r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null"#
        ))
    };
    let mut events = vec![delta(r#"{"role":"assistant","content":"","refusal":null}"#, "null")];
    events.extend((0..EVENTS - 4).map(|n| delta(&format!(r#"{{"content":" word{n}"}}"#), "null")));
    events.push(delta("{}", r#""stop""#));
    events.push(chunk(
        r#""choices":[],"usage":{"prompt_tokens":200,"completion_tokens":60,"total_tokens":260,"prompt_tokens_details":{"cached_tokens":0}}"#,
    ));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

pub(crate) fn messages_answer() -> String {
    format!(
        r#"{{"id":"msg_0123456789","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{{"type":"text","text":"{}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":150,"service_tier":"standard"}}}}"#,
        words()
    )
}

pub(crate) fn messages_events() -> Vec<String> {
    let event = |name: &str, rest: &str| format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n");
    let mut events = vec![
        event(
            "message_start",
            r#","message":{"id":"msg_0123456789","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}"#,
        ),
        event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#),
    ];
    events.extend((0..EVENTS - 5).map(|n| {
        event(
            "content_block_delta",
            &format!(r#","index":0,"delta":{{"type":"text_delta","text":" word{n}"}}"#),
        )
    }));
    events.push(event("content_block_stop", r#","index":0"#));
    events.push(event(
        "message_delta",
        r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":60}"#,
    ));
    events.push(event("message_stop", ""));
    events
}

pub(crate) fn gemini_answer() -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{}"}}],"role":"model"}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":200,"candidatesTokenCount":150,"totalTokenCount":350,"promptTokensDetails":[{{"modality":"TEXT","tokenCount":200}}]}},"modelVersion":"gemini-2.5-flash","responseId":"0123456789abcdef"}}"#,
        words()
    )
}

pub(crate) fn gemini_events() -> Vec<String> {
    let event = |text: &str, finish: &str, written: usize| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}],\"role\":\"model\"}}{finish},\"index\":0}}],\"usageMetadata\":{{\"promptTokenCount\":200,\"candidatesTokenCount\":{written},\"totalTokenCount\":{},\"promptTokensDetails\":[{{\"modality\":\"TEXT\",\"tokenCount\":200}}]}},\"modelVersion\":\"gemini-2.5-flash\",\"responseId\":\"0123456789abcdef\"}}\r\n\r\n",
            200 + written
        )
    };
    let mut events: Vec<String> = (1..EVENTS).map(|n| event(&format!(" word{n}"), "", n)).collect();
    events.push(event("", ",\"finishReason\":\"STOP\"", EVENTS));
    events
}
