//! The rows. One idea each: everything that is special about a provider is said here or in the
//! quirks that its row names.

use super::{
    Auth, BaseUrl, Row, StreamUsage, Style,
    quirks::{
        CEREBRAS_CLOSED_MESSAGES, CEREBRAS_UNSUPPORTED, COHERE_EFFORT, COHERE_UNSUPPORTED, ENABLE_THINKING,
        EXPLICIT_CACHE, GROQ_CLOSED_MESSAGES, GROQ_EFFORT, GROQ_UNSUPPORTED, JSON_OBJECT_ONLY,
        MAX_COMPLETION_TOKENS, MAX_TOKENS_ONLY, MISTRAL_CALL_IDS, MISTRAL_CLOSED_BODY,
        MISTRAL_CLOSED_MESSAGES, MISTRAL_ORDER, MISTRAL_SEED, NO_IMAGE_ADDRESSES, OLLAMA_IGNORED, ONE_CALL,
        OPENROUTER_EXTENSIONS, PERPLEXITY_ALTERNATION, REASONING_CONTENT, REFUSED_SAMPLING,
        SAMBANOVA_IGNORED, SIGNED_THINKING, SYSTEM_ROLE, TEXT_CONTENT, THINKING_SWITCH, ZAI_TOOL_CHOICE,
    },
};
use crate::protocol::Wire;

/// The row of that name or alias.
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name || row.aliases.contains(&name))
}

/// A provider of the OpenAI wire without anything special: what the rows below begin from.
const OPENAI_WIRE: Row = Row {
    name: "",
    aliases: &[],
    title: "",
    env: "",
    env_aliases: &[],
    key_variables: &[],
    base_url_variables: &[],
    base_url: BaseUrl::BuiltIn,
    auth: Auth::Bearer,
    headers: &[],
    wire: Wire::Chat,
    keyless: false,
    style: Style::Plain,
    inventory: true,
    counts: false,
    stream_usage: StreamUsage::OnRequest,
    quirks: &[],
    doc: "",
    notes: "",
};

/// A provider of Gemini's wire. Usage is in every chunk of a stream.
const GEMINI_WIRE: Row = Row {
    auth: Auth::Header("x-goog-api-key"),
    wire: Wire::Gemini,
    stream_usage: StreamUsage::Always,
    ..OPENAI_WIRE
};

/// A server of the OpenAI wire on the operator's own machine: no key, address to be given.
const LOCAL: Row = Row { keyless: true, ..OPENAI_WIRE };

/// Every provider, in the order of the documentation.
pub static ROWS: &[Row] = &[
    Row {
        name: "openai",
        title: "OpenAI",
        env: "OPENAI",
        base_url_variables: &["OPENAI_API_BASE"],
        base_url: BaseUrl::Default("https://api.openai.com/v1"),
        quirks: &[&MAX_COMPLETION_TOKENS, &REFUSED_SAMPLING, &ONE_CALL],
        doc: "https://platform.openai.com/docs/api-reference/chat",
        ..OPENAI_WIRE
    },
    Row {
        name: "anthropic",
        aliases: &["claude"],
        title: "Anthropic",
        env: "ANTHROPIC",
        base_url: BaseUrl::Default("https://api.anthropic.com/v1"),
        auth: Auth::Header("x-api-key"),
        headers: &[("anthropic-version", "2023-06-01")],
        wire: Wire::Messages,
        counts: true,
        stream_usage: StreamUsage::Always,
        quirks: &[&SIGNED_THINKING],
        doc: "https://platform.claude.com/docs/en/api/messages",
        ..OPENAI_WIRE
    },
    Row {
        name: "gemini",
        aliases: &["google", "google-gemini"],
        title: "Google Gemini",
        env: "GEMINI",
        key_variables: &["GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
        base_url_variables: &["GOOGLE_GEMINI_BASE_URL"],
        base_url: BaseUrl::Default("https://generativelanguage.googleapis.com/v1beta"),
        counts: true,
        doc: "https://ai.google.dev/api/generate-content",
        notes: "A base URL that ends in `/openai` means the same API. What speaks Gemini's \
                OpenAI-compatible API alone is a provider of the kind `openai-compatible`.",
        ..GEMINI_WIRE
    },
    Row {
        name: "vertex",
        aliases: &["vertex-ai", "vertexai"],
        title: "Google Vertex AI",
        env: "VERTEX",
        env_aliases: &["VERTEXAI", "VERTEX_AI"],
        base_url: BaseUrl::Default("https://aiplatform.googleapis.com/v1/publishers/google"),
        inventory: false,
        doc: "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview",
        notes: "With an API key (express mode). A project's own address works where it takes a key: \
                `https://REGION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/REGION/publishers/google`. \
                Models are listed in `VERTEX_MODELS`.",
        ..GEMINI_WIRE
    },
    Row {
        name: "azure",
        aliases: &["azure-openai"],
        title: "Azure OpenAI",
        env: "AZURE",
        env_aliases: &["AZURE_OPENAI"],
        base_url_variables: &["AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"],
        base_url: BaseUrl::Required("https://your-resource.openai.azure.com"),
        auth: Auth::Header("api-key"),
        style: Style::Azure,
        inventory: false,
        quirks: &[&MAX_COMPLETION_TOKENS, &REFUSED_SAMPLING, &ONE_CALL],
        doc: "https://learn.microsoft.com/azure/ai-foundry/openai/reference",
        notes: "Models are deployment names, listed in `AZURE_MODELS`. With `AZURE_API_VERSION` the \
                deployment URLs are used, without it the v1 form; a base URL that ends in \
                `/openai/deployments/NAME` serves that one deployment.",
        ..OPENAI_WIRE
    },
    Row {
        name: "groq",
        title: "Groq",
        env: "GROQ",
        base_url: BaseUrl::Default("https://api.groq.com/openai/v1"),
        quirks: &[&GROQ_UNSUPPORTED, &GROQ_EFFORT, &GROQ_CLOSED_MESSAGES],
        doc: "https://console.groq.com/docs/openai",
        ..OPENAI_WIRE
    },
    Row {
        name: "openrouter",
        title: "OpenRouter",
        env: "OPENROUTER",
        base_url: BaseUrl::Default("https://openrouter.ai/api/v1"),
        stream_usage: StreamUsage::Always,
        quirks: &[&OPENROUTER_EXTENSIONS],
        doc: "https://openrouter.ai/docs/api-reference/chat-completion",
        ..OPENAI_WIRE
    },
    Row {
        name: "xai",
        aliases: &["grok"],
        title: "xAI",
        env: "XAI",
        base_url: BaseUrl::Default("https://api.x.ai/v1"),
        quirks: &[&REFUSED_SAMPLING],
        doc: "https://docs.x.ai/docs/api-reference",
        ..OPENAI_WIRE
    },
    Row {
        name: "zai",
        aliases: &["z-ai"],
        title: "Z.ai",
        env: "ZAI",
        base_url: BaseUrl::Default("https://api.z.ai/api/paas/v4"),
        quirks: &[
            &MAX_TOKENS_ONLY,
            &THINKING_SWITCH,
            &REASONING_CONTENT,
            &SYSTEM_ROLE,
            &JSON_OBJECT_ONLY,
            &ZAI_TOOL_CHOICE,
        ],
        doc: "https://docs.z.ai/api-reference/llm/chat-completion",
        notes: "For the GLM coding plan set `ZAI_BASE_URL=https://api.z.ai/api/coding/paas/v4`.",
        ..OPENAI_WIRE
    },
    Row {
        name: "oracle",
        aliases: &["oci"],
        title: "Oracle Generative AI",
        env: "ORACLE",
        base_url: BaseUrl::Required(
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/v1",
        ),
        inventory: false,
        doc: "https://docs.oracle.com/en-us/iaas/Content/generative-ai/home.htm",
        notes: "The base URL names the region. Models are listed in `ORACLE_MODELS`.",
        ..OPENAI_WIRE
    },
    Row {
        name: "ollama",
        title: "Ollama",
        env: "OLLAMA",
        base_url_variables: &["OLLAMA_API_BASE"],
        base_url: BaseUrl::Required("http://localhost:11434/v1"),
        quirks: &[&MAX_TOKENS_ONLY, &SYSTEM_ROLE, &OLLAMA_IGNORED, &NO_IMAGE_ADDRESSES],
        doc: "https://docs.ollama.com/api/openai-compatibility",
        ..LOCAL
    },
    Row {
        name: "vllm",
        title: "vLLM",
        env: "VLLM",
        env_aliases: &["HOSTED_VLLM"],
        base_url: BaseUrl::Required("http://localhost:8000/v1"),
        doc: "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        ..LOCAL
    },
    Row {
        name: "llamacpp",
        aliases: &["llama.cpp", "llama-cpp"],
        title: "llama.cpp",
        env: "LLAMACPP",
        base_url: BaseUrl::Required("http://localhost:8080/v1"),
        doc: "https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
        ..LOCAL
    },
    Row {
        name: "sglang",
        title: "SGLang",
        env: "SGLANG",
        base_url: BaseUrl::Required("http://localhost:30000/v1"),
        doc: "https://docs.sglang.ai/basic_usage/openai_api_completions.html",
        ..LOCAL
    },
    Row {
        name: "lmstudio",
        aliases: &["lm-studio", "lm_studio"],
        title: "LM Studio",
        env: "LMSTUDIO",
        env_aliases: &["LM_STUDIO"],
        base_url: BaseUrl::Required("http://localhost:1234/v1"),
        quirks: &[&MAX_TOKENS_ONLY],
        doc: "https://lmstudio.ai/docs/developer/openai-compat",
        ..LOCAL
    },
    Row {
        name: "deepseek",
        title: "DeepSeek",
        env: "DEEPSEEK",
        base_url: BaseUrl::Default("https://api.deepseek.com"),
        quirks: &[
            &MAX_TOKENS_ONLY,
            &THINKING_SWITCH,
            &REFUSED_SAMPLING,
            &REASONING_CONTENT,
            &SYSTEM_ROLE,
            &JSON_OBJECT_ONLY,
        ],
        doc: "https://api-docs.deepseek.com/api/create-chat-completion",
        ..OPENAI_WIRE
    },
    Row {
        name: "mistral",
        aliases: &["mistralai"],
        title: "Mistral",
        env: "MISTRAL",
        base_url: BaseUrl::Default("https://api.mistral.ai/v1"),
        stream_usage: StreamUsage::Always,
        quirks: &[
            &MAX_TOKENS_ONLY,
            &MISTRAL_SEED,
            &MISTRAL_CLOSED_BODY,
            &MISTRAL_CLOSED_MESSAGES,
            &SYSTEM_ROLE,
            &MISTRAL_CALL_IDS,
            &MISTRAL_ORDER,
        ],
        doc: "https://docs.mistral.ai/api/#tag/chat",
        ..OPENAI_WIRE
    },
    Row {
        name: "moonshot",
        aliases: &["kimi", "moonshotai"],
        title: "Moonshot (Kimi)",
        env: "MOONSHOT",
        env_aliases: &["KIMI"],
        base_url: BaseUrl::Default("https://api.moonshot.ai/v1"),
        quirks: &[&REFUSED_SAMPLING, &THINKING_SWITCH, &REASONING_CONTENT, &SYSTEM_ROLE, &NO_IMAGE_ADDRESSES],
        doc: "https://platform.moonshot.ai/docs/api/chat",
        notes: "Mainland keys: `MOONSHOT_BASE_URL=https://api.moonshot.cn/v1`.",
        ..OPENAI_WIRE
    },
    Row {
        name: "minimax",
        title: "MiniMax",
        env: "MINIMAX",
        base_url: BaseUrl::Default("https://api.minimax.io/v1"),
        quirks: &[&SYSTEM_ROLE],
        doc: "https://platform.minimax.io/docs/api-reference/text-openai-api",
        notes: "Mainland keys: `MINIMAX_BASE_URL=https://api.minimaxi.com/v1`.",
        ..OPENAI_WIRE
    },
    Row {
        name: "together",
        aliases: &["together-ai", "together_ai", "togetherai"],
        title: "Together AI",
        env: "TOGETHER",
        env_aliases: &["TOGETHER_AI", "TOGETHERAI"],
        base_url: BaseUrl::Default("https://api.together.ai/v1"),
        quirks: &[&MAX_TOKENS_ONLY, &SYSTEM_ROLE],
        doc: "https://docs.together.ai/reference/chat-completions-1",
        ..OPENAI_WIRE
    },
    Row {
        name: "fireworks",
        aliases: &["fireworks-ai", "fireworks_ai"],
        title: "Fireworks AI",
        env: "FIREWORKS",
        env_aliases: &["FIREWORKS_AI"],
        base_url: BaseUrl::Default("https://api.fireworks.ai/inference/v1"),
        doc: "https://docs.fireworks.ai/api-reference/post-chatcompletions",
        ..OPENAI_WIRE
    },
    Row {
        name: "cerebras",
        title: "Cerebras",
        env: "CEREBRAS",
        base_url: BaseUrl::Default("https://api.cerebras.ai/v1"),
        quirks: &[&CEREBRAS_UNSUPPORTED, &CEREBRAS_CLOSED_MESSAGES],
        doc: "https://inference-docs.cerebras.ai/api-reference/chat-completions",
        ..OPENAI_WIRE
    },
    Row {
        name: "perplexity",
        title: "Perplexity",
        env: "PERPLEXITY",
        env_aliases: &["PERPLEXITYAI"],
        base_url: BaseUrl::Default("https://api.perplexity.ai"),
        inventory: false,
        stream_usage: StreamUsage::Always,
        quirks: &[&MAX_TOKENS_ONLY, &SYSTEM_ROLE, &PERPLEXITY_ALTERNATION],
        doc: "https://docs.perplexity.ai/api-reference/chat-completions-post",
        ..OPENAI_WIRE
    },
    Row {
        name: "deepinfra",
        title: "DeepInfra",
        env: "DEEPINFRA",
        base_url: BaseUrl::Default("https://api.deepinfra.com/v1/openai"),
        quirks: &[&MAX_TOKENS_ONLY],
        doc: "https://deepinfra.com/docs/openai_api",
        ..OPENAI_WIRE
    },
    Row {
        name: "nvidia",
        aliases: &["nvidia-nim", "nvidia_nim", "nim"],
        title: "NVIDIA NIM",
        env: "NVIDIA",
        env_aliases: &["NVIDIA_NIM"],
        base_url: BaseUrl::Default("https://integrate.api.nvidia.com/v1"),
        quirks: &[&MAX_TOKENS_ONLY],
        doc: "https://docs.api.nvidia.com/nim/reference/llm-apis",
        ..OPENAI_WIRE
    },
    Row {
        name: "huggingface",
        aliases: &["hf", "hugging-face"],
        title: "Hugging Face",
        env: "HUGGINGFACE",
        env_aliases: &["HF"],
        key_variables: &["HF_TOKEN"],
        base_url: BaseUrl::Default("https://router.huggingface.co/v1"),
        doc: "https://huggingface.co/docs/inference-providers/tasks/chat-completion",
        ..OPENAI_WIRE
    },
    Row {
        name: "sambanova",
        title: "SambaNova",
        env: "SAMBANOVA",
        base_url: BaseUrl::Default("https://api.sambanova.ai/v1"),
        quirks: &[&MAX_TOKENS_ONLY, &SYSTEM_ROLE, &TEXT_CONTENT, &SAMBANOVA_IGNORED],
        doc: "https://docs.sambanova.ai/cloud/api-reference/endpoints/chat",
        ..OPENAI_WIRE
    },
    Row {
        name: "cohere",
        title: "Cohere",
        env: "COHERE",
        key_variables: &["CO_API_KEY"],
        base_url: BaseUrl::Default("https://api.cohere.ai/compatibility/v1"),
        inventory: false,
        quirks: &[&MAX_TOKENS_ONLY, &COHERE_UNSUPPORTED, &COHERE_EFFORT],
        doc: "https://docs.cohere.com/docs/compatibility-api",
        notes: "Its OpenAI-compatible API.",
        ..OPENAI_WIRE
    },
    Row {
        name: "cloudflare",
        aliases: &["workers-ai"],
        title: "Cloudflare Workers AI",
        env: "CLOUDFLARE",
        base_url: BaseUrl::Account {
            template: "https://api.cloudflare.com/client/v4/accounts/{}/ai/v1",
            variable: "CLOUDFLARE_ACCOUNT_ID",
        },
        inventory: false,
        quirks: &[&MAX_TOKENS_ONLY, &TEXT_CONTENT],
        doc: "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/",
        notes: "The base URL comes from `CLOUDFLARE_ACCOUNT_ID`, unless `CLOUDFLARE_BASE_URL` is set. \
                Models keep their prefix: `cloudflare/@cf/meta/llama-3.1-8b-instruct`.",
        ..OPENAI_WIRE
    },
    Row {
        name: "dashscope",
        aliases: &["alibaba", "qwen", "bailian"],
        title: "Alibaba (DashScope)",
        env: "DASHSCOPE",
        env_aliases: &["ALIBABA", "BAILIAN"],
        base_url: BaseUrl::Default("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        quirks: &[&ENABLE_THINKING, &EXPLICIT_CACHE, &SYSTEM_ROLE],
        doc: "https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-openai-chat-completions",
        notes: "Mainland keys: `DASHSCOPE_BASE_URL=https://dashscope.aliyuncs.com/compatible-mode/v1`.",
        ..OPENAI_WIRE
    },
    Row {
        name: "openai-compatible",
        aliases: &["openai_compatible", "custom"],
        title: "Any OpenAI-compatible API",
        env: "OPENAI_COMPATIBLE",
        base_url: BaseUrl::Required("https://llm.example.com/v1"),
        doc: "https://platform.openai.com/docs/api-reference/chat",
        notes: "Under a name of your own. The base URL is used as it is given: write its `/v1`.",
        ..LOCAL
    },
    Row {
        name: "demo",
        title: "Built-in demonstration",
        env: "DEMO",
        auth: Auth::None,
        keyless: true,
        stream_usage: StreamUsage::Always,
        notes: "Answered by the gateway itself: `demo/echo` and `demo/tools`.",
        ..OPENAI_WIRE
    },
];
