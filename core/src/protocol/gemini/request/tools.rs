//! Tools, and what is said of their use.

use super::{generation::Generation, names::Names, schema::adapted};
use crate::{
    conversation::{AllowedMode, FunctionTool, ProviderTool, Request, Tool, ToolChoice},
    error::ApiError,
    protocol::{
        Target,
        fields::Report,
        json::{Array, Object, Raw, from_str, string, wire_object},
    },
};

type Body<'o> = Object<'o, Vec<u8>>;

/// Tools that Google runs: the names that callers give them, and the wire's.
const GOOGLE: [(&str, &str); 8] = [
    ("google_search", "googleSearch"),
    ("google_search_retrieval", "googleSearchRetrieval"),
    ("google_maps", "googleMaps"),
    ("url_context", "urlContext"),
    ("code_execution", "codeExecution"),
    ("file_search", "fileSearch"),
    ("computer_use", "computerUse"),
    ("enterprise_web_search", "enterpriseWebSearch"),
];

wire_object! {
    struct WireSearch<'a> {
        location: Raw<'a> = "user_location",
        size: Raw<'a> = "search_context_size",
    }

    struct WireMembers<'a> {}
}

/// The tools of a request, sorted into what the wire has places for.
#[derive(Default)]
pub(super) struct Tools<'r> {
    functions: Vec<&'r FunctionTool<'r>>,
    /// Google's own: the wire's name, and the settings.
    google: Vec<(&'static str, Option<Raw<'r>>)>,
}

impl<'r> Tools<'r> {
    pub(super) fn of(
        request: &'r Request<'_>,
        target: &Target<'_>,
        names: &Names,
        report: &mut Report<'_>,
    ) -> Result<Self, ApiError> {
        // Without a forced call the wire lets nothing be named: the others are left out.
        let allowed = match &request.tool_choice {
            Some(ToolChoice::Allowed { mode: AllowedMode::Auto, names }) => Some(names),
            _ => None,
        };
        let is_allowed = |name: &str| allowed.is_none_or(|names| names.iter().any(|known| known == name));
        let mut sorted = Self::default();
        for (i, tool) in request.tools.iter().enumerate() {
            match tool {
                Tool::Function(tool) if is_allowed(&tool.name) => {
                    if tool.cache.is_some() {
                        report.lost("tools[].cache_control")?;
                    }
                    sorted.functions.push(tool);
                }
                Tool::Function(_) => {}
                Tool::Custom { .. } => report.lost_at("tools[].custom", || format!("tools[{i}].custom"))?,
                Tool::Provider(tool) => match google_tool(tool) {
                    Some(found) => sorted.google.push(found),
                    None => {
                        let why = "a tool that the provider does not run";
                        report.lost_input(names.provider_tool, names.tool_at(i), why)?;
                    }
                },
            }
        }
        sorted.search(request, report)?;
        if !sorted.google.is_empty()
            && !sorted.functions.is_empty()
            && Generation::of(target) == Generation::Earlier
        {
            let why = "the model does not take the provider's own tools beside functions";
            report.lost_input(names.provider_tool, "tools".to_owned(), why)?;
            sorted.google.clear();
        }
        Ok(sorted)
    }

    /// Chat's way to have the web searched.
    fn search(&mut self, request: &'r Request<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
        let asked = request.extra.iter().find(|(name, _)| name == "web_search_options");
        let Some((_, json)) = asked.filter(|(_, json)| json.get() != "null") else { return Ok(()) };
        let options: WireSearch<'_> = from_str(json.get()).unwrap_or_default();
        if options.location.is_some() {
            report.lost("web_search_options")?;
        }
        if options.size.is_some_and(|size| size.get() != "\"medium\"") {
            report.lost("web_search_options.search_context_size")?;
        }
        if !self.google.iter().any(|(name, _)| *name == "googleSearch") {
            self.google.push(("googleSearch", None));
        }
        Ok(())
    }

    /// Whether there are functions that the model may call.
    pub(super) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Writes `tools` and `toolConfig`.
    pub(super) fn write(
        &self,
        object: &mut Body<'_>,
        request: &Request<'_>,
        names: &Names,
        report: &mut Report<'_>,
    ) -> Result<(), ApiError> {
        if self.has_functions() || !self.google.is_empty() {
            object.array("tools", |tools| self.write_tools(tools));
        }
        if self.has_functions() && request.parallel_tool_calls == Some(false) {
            report.lost(names.parallel)?;
        }
        let choice = self.choice(request)?;
        let combined = self.has_functions() && !self.google.is_empty();
        if choice.is_none() && !combined {
            return Ok(());
        }
        object.object("toolConfig", |config| {
            if let Some((mode, allowed)) = choice {
                config.object("functionCallingConfig", |calling| {
                    calling.string("mode", mode);
                    if !allowed.is_empty() {
                        calling.array("allowedFunctionNames", |list| {
                            allowed.iter().for_each(|name| string(list.element(), name));
                        });
                    }
                });
            }
            // "Tool combination": without it the two do not go together.
            if combined {
                config.bool("includeServerSideToolInvocations", true);
            }
        });
        Ok(())
    }

    fn write_tools(&self, tools: &mut Array<'_, Vec<u8>>) {
        if self.has_functions() {
            tools.object(|tool| {
                tool.array("functionDeclarations", |list| {
                    self.functions.iter().for_each(|function| list.object(|object| write(object, function)));
                });
            });
        }
        for (name, settings) in &self.google {
            tools.object(|tool| match settings {
                Some(json) => tool.json(name, json),
                None => tool.object(name, |_| {}),
            });
        }
    }

    /// The mode, and the names that may be called. `VALIDATED` is `AUTO` with arguments that follow
    /// their schema ("Function calling", modes), which is what strict tools are; `ANY` sees to that by
    /// itself.
    fn choice<'c>(&self, request: &'c Request<'_>) -> Result<Option<(&'static str, Vec<&'c str>)>, ApiError> {
        let strict = self.functions.iter().any(|tool| tool.strict == Some(true));
        let chosen = match &request.tool_choice {
            None if strict => ("VALIDATED", Vec::new()),
            None => return Ok(None),
            Some(ToolChoice::Auto | ToolChoice::Allowed { mode: AllowedMode::Auto, .. }) => {
                (if strict { "VALIDATED" } else { "AUTO" }, Vec::new())
            }
            Some(ToolChoice::None) => ("NONE", Vec::new()),
            Some(ToolChoice::Required) => ("ANY", Vec::new()),
            Some(ToolChoice::Tool(name)) => ("ANY", vec![name.as_ref()]),
            Some(ToolChoice::Allowed { mode: AllowedMode::Required, names }) => {
                ("ANY", names.iter().map(AsRef::as_ref).collect())
            }
        };
        if self.has_functions() {
            return Ok(Some(chosen));
        }
        if chosen.0 == "ANY" {
            return Err(ApiError::invalid(
                "`tool_choice` demands a tool call and `tools` names no tool for it.",
            )
            .with_param("tool_choice"));
        }
        Ok(None)
    }
}

fn write(object: &mut Body<'_>, tool: &FunctionTool<'_>) {
    object.string("name", &tool.name);
    object.string_or_skip("description", tool.description.as_deref());
    let parameters = tool.parameters.as_deref().filter(|json| !is_empty(json));
    if let Some(parameters) = parameters {
        object.key("parametersJsonSchema").extend_from_slice(adapted(parameters).as_bytes());
    }
}

/// Whether a schema is `{}` or null, as it is for functions without arguments.
fn is_empty(json: Raw<'_>) -> bool {
    let text = json.get();
    text == "null" || text.bytes().all(|byte| byte == b'{' || byte == b'}' || byte.is_ascii_whitespace())
}

/// A tool of Google's, in a type of its own: `{"type": "google_search"}`, with settings in a member of
/// the same name.
fn google_tool<'r>(tool: &'r ProviderTool<'_>) -> Option<(&'static str, Option<Raw<'r>>)> {
    let (name, wire) = GOOGLE.iter().find(|(name, wire)| tool.kind == *name || tool.kind == *wire)?;
    let members: WireMembers<'r> = from_str(tool.json.get()).ok()?;
    let settings = members.extra.into_iter().find(|(member, _)| member == name || member == wire);
    let settings = settings.and_then(|(_, json)| match json {
        std::borrow::Cow::Borrowed(json) => Some(json),
        std::borrow::Cow::Owned(_) => None,
    });
    Some((wire, settings))
}
