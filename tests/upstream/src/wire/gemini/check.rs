//! What Google's server refuses: members that a message does not have, and conversations whose
//! calls and responses do not pair.

use serde_json::Value;

use super::{list, refuse, schema};
use crate::{ask::Ask, fault::Fault};

/// Messages of the API and the members that each has, from its reference. `Struct` holds anything.
const MESSAGES: &[(&str, &[(&str, &str)])] = &[
    (
        "GenerateContentRequest",
        &[
            ("contents", "Content"),
            ("tools", "Tool"),
            ("toolConfig", "ToolConfig"),
            ("safetySettings", "SafetySetting"),
            ("systemInstruction", "Content"),
            ("generationConfig", "GenerationConfig"),
            ("cachedContent", "="),
            ("serviceTier", "="),
            ("store", "="),
            ("model", "="),
        ],
    ),
    ("Content", &[("parts", "Part"), ("role", "=")]),
    (
        "Part",
        &[
            ("text", "="),
            ("inlineData", "Blob"),
            ("functionCall", "FunctionCall"),
            ("functionResponse", "FunctionResponse"),
            ("fileData", "FileData"),
            ("executableCode", "Struct"),
            ("codeExecutionResult", "Struct"),
            ("toolCall", "Struct"),
            ("toolResponse", "Struct"),
            ("thought", "="),
            ("thoughtSignature", "="),
            ("partMetadata", "Struct"),
            ("videoMetadata", "Struct"),
            ("mediaResolution", "Struct"),
        ],
    ),
    ("Blob", &[("mimeType", "="), ("data", "=")]),
    ("FileData", &[("mimeType", "="), ("fileUri", "=")]),
    ("FunctionCall", &[("id", "="), ("name", "="), ("args", "Struct")]),
    (
        "FunctionResponse",
        &[
            ("id", "="),
            ("name", "="),
            ("response", "Struct"),
            ("parts", "FunctionResponsePart"),
            ("willContinue", "="),
            ("scheduling", "="),
        ],
    ),
    ("FunctionResponsePart", &[("inlineData", "Blob"), ("fileData", "FileData")]),
    (
        "Tool",
        &[
            ("functionDeclarations", "FunctionDeclaration"),
            ("googleSearch", "Struct"),
            ("googleSearchRetrieval", "Struct"),
            ("codeExecution", "Struct"),
            ("computerUse", "Struct"),
            ("urlContext", "Struct"),
            ("fileSearch", "Struct"),
            ("googleMaps", "Struct"),
            ("mcpServers", "Struct"),
        ],
    ),
    (
        "FunctionDeclaration",
        &[
            ("name", "="),
            ("description", "="),
            ("behavior", "="),
            ("parameters", "Struct"),
            ("parametersJsonSchema", "Struct"),
            ("response", "Struct"),
            ("responseJsonSchema", "Struct"),
        ],
    ),
    (
        "ToolConfig",
        &[
            ("functionCallingConfig", "FunctionCallingConfig"),
            ("retrievalConfig", "Struct"),
            ("includeServerSideToolInvocations", "="),
        ],
    ),
    ("FunctionCallingConfig", &[("mode", "="), ("allowedFunctionNames", "=")]),
    ("SafetySetting", &[("category", "="), ("threshold", "=")]),
    (
        "GenerationConfig",
        &[
            ("stopSequences", "="),
            ("responseMimeType", "="),
            ("responseSchema", "Struct"),
            ("responseJsonSchema", "Struct"),
            ("responseFormat", "Struct"),
            ("responseModalities", "="),
            ("candidateCount", "="),
            ("maxOutputTokens", "="),
            ("temperature", "="),
            ("topP", "="),
            ("topK", "="),
            ("seed", "="),
            ("presencePenalty", "="),
            ("frequencyPenalty", "="),
            ("responseLogprobs", "="),
            ("logprobs", "="),
            ("enableEnhancedCivicAnswers", "="),
            ("speechConfig", "Struct"),
            ("thinkingConfig", "ThinkingConfig"),
            ("imageConfig", "Struct"),
            ("mediaResolution", "="),
        ],
    ),
    ("ThinkingConfig", &[("includeThoughts", "="), ("thinkingBudget", "="), ("thinkingLevel", "=")]),
    ("CountTokensRequest", &[("contents", "Content"), ("generateContentRequest", "GenerateContentRequest")]),
];

/// What a part holds exactly one of.
const DATA: &[&str] = &[
    "text",
    "inlineData",
    "functionCall",
    "functionResponse",
    "fileData",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// A request for an answer.
pub(super) fn body(ask: &Ask, body: &Value) -> Result<(), Fault> {
    if !body.is_object() {
        return refuse("Invalid JSON payload received.");
    }
    members(body, "GenerateContentRequest", "")?;
    config(ask, body)?;
    tools(body)?;
    conversation(list(&body["contents"]))
}

/// A request for a count: contents, or a whole request that names its model again.
pub(super) fn count(ask: &Ask) -> Result<(), Fault> {
    members(&ask.body, "CountTokensRequest", "")?;
    let whole = &ask.body["generateContentRequest"];
    match (whole, &ask.body["contents"]) {
        (Value::Null, contents) => conversation(list(contents)),
        (whole, Value::Null) if whole["model"] == format!("models/{}", ask.model) => body(ask, whole),
        (_, Value::Null) => refuse("generate_content_request.model: must be the model of the address"),
        _ => refuse("only one of contents and generate_content_request may be set"),
    }
}

/// The name in lower camel case, which the server takes as well as that of the proto.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

fn members(value: &Value, message: &str, place: &str) -> Result<(), Fault> {
    if let Value::Array(values) = value {
        return values
            .iter()
            .enumerate()
            .try_for_each(|(at, value)| members(value, message, &format!("{place}[{at}]")));
    }
    let fields = MESSAGES.iter().find(|row| row.0 == message).map(|row| row.1);
    let (Some(fields), Some(found)) = (fields, value.as_object()) else {
        return match value.is_object() || value.is_null() {
            true => Ok(()),
            false => refuse(format!("Invalid value at '{place}' ({message}), {value}")),
        };
    };
    for (name, value) in found {
        let Some((_, kind)) = fields.iter().find(|field| field.0 == camel(name)) else {
            return refuse(format!(
                "Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."
            ));
        };
        if *kind != "=" {
            members(value, kind, format!("{place}.{name}").trim_start_matches('.'))?;
        }
    }
    Ok(())
}

fn config(ask: &Ask, body: &Value) -> Result<(), Fault> {
    let config = &body["generationConfig"];
    for (name, least, most) in [("temperature", 0.0, 2.0), ("topP", 0.0, 1.0)] {
        let value = &config[name];
        if !value.is_null() && value.as_f64().is_none_or(|value| !(least..=most).contains(&value)) {
            return refuse(format!("{name} must be in the range [{least}, {most}], found {value}"));
        }
    }
    for name in ["maxOutputTokens", "topK", "seed", "candidateCount"] {
        if !config[name].is_null() && !config[name].is_i64() {
            return refuse(format!("Invalid value at 'generation_config.{name}' (TYPE_INT32)"));
        }
    }
    if list(&config["stopSequences"]).len() > 5 {
        return refuse("The number of stop sequences must be at most 5.");
    }
    let json = config["responseMimeType"] == "application/json";
    let schemas = [&config["responseSchema"], &config["responseJsonSchema"]];
    if !json && schemas.iter().any(|schema| !schema.is_null()) {
        return refuse(
            "Function calling config: response_schema needs a response_mime_type of application/json",
        );
    }
    if !config["responseSchema"].is_null() {
        if !config["responseJsonSchema"].is_null() {
            return refuse("only one of response_schema and response_json_schema may be set");
        }
        schema::check(&config["responseSchema"], "generation_config.response_schema")?;
    }
    let old = ask.model.starts_with("gemini-2") || ask.model.starts_with("gemini-1");
    if json && old && !list(&body["tools"]).is_empty() {
        return refuse("Function calling with a response mime type: 'application/json' is unsupported");
    }
    let thinking = &config["thinkingConfig"];
    let (budget, level) = (&thinking["thinkingBudget"], &thinking["thinkingLevel"]);
    if !budget.is_null() && !level.is_null() {
        return refuse("You can only set only one of thinking budget and thinking level.");
    }
    if old && !level.is_null() {
        return refuse("Thinking level is not supported for this model.");
    }
    if ask.model.starts_with("gemini-2.5-pro") && *budget == 0 {
        return refuse("Budget 0 is invalid. This model only works in thinking mode.");
    }
    Ok(())
}

fn tools(body: &Value) -> Result<(), Fault> {
    let mut names: Vec<&str> = Vec::new();
    for (index, tool) in list(&body["tools"]).iter().enumerate() {
        for (at, declared) in list(&tool["functionDeclarations"]).iter().enumerate() {
            let place = format!("tools[{index}].function_declarations[{at}]");
            let name = declared["name"].as_str().unwrap_or_default();
            let letter = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
            let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            if !begins || name.len() > 128 || !name.chars().all(letter) {
                return refuse(format!(
                    "Invalid function name at {place}. Must start with a letter or an underscore."
                ));
            }
            if names.contains(&name) {
                return refuse(format!("Duplicate function declaration found: {name}"));
            }
            names.push(name);
            if !declared["parameters"].is_null() {
                if !declared["parametersJsonSchema"].is_null() {
                    return refuse(format!("{place}: only one of parameters and parameters_json_schema"));
                }
                schema::check(&declared["parameters"], &format!("{place}.parameters"))?;
            }
        }
    }
    let config = &body["toolConfig"]["functionCallingConfig"];
    let modes = ["AUTO", "ANY", "NONE", "VALIDATED"];
    if config["mode"].as_str().is_some_and(|mode| !modes.contains(&mode)) {
        return refuse("Invalid value at 'tool_config.function_calling_config.mode'");
    }
    let allowed = list(&config["allowedFunctionNames"]);
    if !allowed.is_empty() && !["ANY", "VALIDATED"].iter().any(|mode| config["mode"] == *mode) {
        return refuse("allowed_function_names should only be set when the function calling mode is ANY.");
    }
    match allowed.iter().find(|name| !names.iter().any(|known| *name == known)) {
        Some(stranger) => refuse(format!("allowed_function_names has {stranger}, which is not declared")),
        None => Ok(()),
    }
}

/// Turns alternate, and the responses to a turn's calls are all in the next.
fn conversation(contents: &[Value]) -> Result<(), Fault> {
    if contents.is_empty() {
        return refuse("* GenerateContentRequest.contents: contents is not specified");
    }
    let mut open: Vec<&Value> = Vec::new();
    let mut before = "";
    for (index, content) in contents.iter().enumerate() {
        let role = content["role"].as_str().unwrap_or("user");
        if !["user", "model"].contains(&role) {
            return refuse("Please use a valid role: user, model.");
        }
        if role == before {
            return refuse("Please ensure that multiturn requests alternate between user and model.");
        }
        before = role;
        let parts = parts(index, content)?;
        let responses: Vec<&Value> = held(parts, "functionResponse");
        if open.is_empty() && !responses.is_empty() {
            return refuse(
                "Please ensure that function response turn comes immediately after a function call turn.",
            );
        }
        if responses.len() != open.len() {
            return refuse(
                "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
            );
        }
        paired(&open, &responses)?;
        open = held(parts, "functionCall");
        if !open.is_empty() && (role != "model" || index == 0) {
            return refuse(
                "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
            );
        }
    }
    match open.is_empty() {
        true => Ok(()),
        false => refuse("Please ensure that function call turn is followed by a function response turn."),
    }
}

fn parts(index: usize, content: &Value) -> Result<&[Value], Fault> {
    let parts = list(&content["parts"]);
    if parts.is_empty() {
        return refuse(format!(
            "* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty."
        ));
    }
    for (at, part) in parts.iter().enumerate() {
        let place = format!("contents[{index}].parts[{at}]");
        let has = |name: &&&str| !part[**name].is_null();
        if DATA.iter().filter(has).count() != 1 {
            return refuse(format!(
                "{place}.data: required oneof field 'data' must have one initialized field"
            ));
        }
        let (call, response) = (&part["functionCall"], &part["functionResponse"]);
        for (value, held) in [(call, "args"), (response, "response")] {
            if !value.is_null() && value["name"].as_str().is_none_or(str::is_empty) {
                return refuse(format!("{place}: Name cannot be empty."));
            }
            if !(value[held].is_null() || value[held].is_object()) {
                return refuse(format!("Invalid value at '{place}.{held}' (google.protobuf.Struct)"));
            }
        }
        let data = &part["inlineData"];
        if data.is_object()
            && [&data["mimeType"], &data["data"]].iter().any(|it| it.as_str().is_none_or(str::is_empty))
        {
            return refuse(format!("{place}.inline_data: mime_type and data are required"));
        }
    }
    Ok(parts)
}

fn held<'a>(parts: &'a [Value], name: &str) -> Vec<&'a Value> {
    parts.iter().map(|part| &part[name]).filter(|value| value.is_object()).collect()
}

/// Each response names a call of the turn before, by its id where the call has one.
fn paired(calls: &[&Value], responses: &[&Value]) -> Result<(), Fault> {
    let mut calls = calls.to_vec();
    for response in responses {
        let answers = |call: &&Value| {
            call["name"] == response["name"] && (call["id"].is_null() || call["id"] == response["id"])
        };
        match calls.iter().position(answers) {
            Some(at) => drop(calls.remove(at)),
            None => return refuse(format!("No function call has the name and id of {response}.")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn refused(model: &str, body: Value) -> String {
        let path = format!("/gemini/v1beta/models/{model}:generateContent");
        let (parts, ()) = http::Request::post(path).body(()).unwrap().into_parts();
        let ask = Ask::read(&parts, Bytes::from(body.to_string()));
        super::body(&ask, &ask.body).err().map(|fault| fault.message).unwrap_or_default()
    }

    #[test]
    fn what_its_server_refuses_is_refused() {
        let user = json!({"role": "user", "parts": [{"text": "hi"}]});
        let call = json!({"role": "model", "parts": [{"functionCall": {"name": "x", "args": {}}}]});
        let result =
            json!({"role": "user", "parts": [{"functionResponse": {"name": "x", "response": {"a": 1}}}]});
        let text = json!({"role": "model", "parts": [{"text": "so"}]});
        let contents = |contents: Value| refused("gemini-2.5-flash", json!({"contents": contents}));
        assert_eq!(contents(json!([user, call, result, text, user])), "");
        assert!(contents(json!([user, call, user])).contains("number of function response"));
        assert!(contents(json!([user, text, result])).contains("immediately after a function call"));
        assert!(contents(json!([user, user])).contains("alternate"));
        assert!(contents(json!([user, call])).contains("followed by"));
        assert!(contents(json!([{"role": "assistant", "parts": [{"text": "x"}]}])).contains("valid role"));
        assert!(contents(json!([{"role": "user", "parts": [{"text": "x", "fun": 1}]}])).contains("\"fun\""));
        let with = |name: &str, value: Value| {
            let mut body = json!({"contents": [user]});
            body[name] = value;
            refused("gemini-2.5-flash", body)
        };
        assert!(with("max_tokens", json!(7)).contains("Unknown name \"max_tokens\""));
        assert!(with("generationConfig", json!({"stop": []})).contains("Unknown name \"stop\""));
        assert!(
            with("generationConfig", json!({"thinkingConfig": {"thinkingLevel": "low"}}))
                .contains("not supported")
        );
        assert_eq!(with("generation_config", json!({"max_output_tokens": 7})), "");
    }
}
