//! The settings: the one table that the check, the schema, the reference and the environment's
//! names come from.

mod scalars;

use self::scalars::{
    CONTROL, COUNT, DAY, DIGEST, DURATION, EFFORT, FEW, INSTANCE, LINE, LOG_FORMAT, MODE, MODEL,
    ON_STORE_FAILURE, ON_UNSUPPORTED, ORIGIN, PARAM, PATTERN, QUOTA, RETRIES, SIZE, TENANT, TIME, TIMEOUT,
    URL,
};
use super::shape::{Field, Shape};

const FIELD: Field =
    Field { name: "", shape: Shape::Secret, env: None, required: false, default: "", about: "" };

static ONE_PARAM: Shape = Shape::Scalar(&PARAM);
static ONE_EFFORT: Shape = Shape::Scalar(&EFFORT);
static ONE_MODEL: Shape = Shape::Scalar(&MODEL);
static SECRET: Shape = Shape::Secret;
static A_LINE: Shape = Shape::Scalar(&LINE);

/// The document.
pub static ROOT: &[Field] = &[
    Field {
        name: "$schema",
        shape: Shape::Scalar(&LINE),
        about: "Where an editor finds this document's JSON Schema. Not read.",
        ..FIELD
    },
    Field {
        name: "master_key",
        env: Some("TOLLBRIDGE_MASTER_KEY"),
        about: "The key that may use every model and read `/admin`. Without it and without `keys`, \
                only this machine may call (native), or nobody (the other targets).",
        ..FIELD
    },
    Field {
        name: "keys",
        shape: Shape::List(&Shape::Object(KEY)),
        about: "Further keys, each with what it may do. `tollbridge key new` makes one.",
        ..FIELD
    },
    Field {
        name: "providers",
        shape: Shape::Map(&INSTANCE, &Shape::Object(PROVIDER)),
        about: "Accounts at providers, by the name that stands before the slash in `openai/gpt-5`. \
                Those of the environment are added.",
        ..FIELD
    },
    Field {
        name: "aliases",
        shape: Shape::Map(&MODEL, &Shape::Either(&[ONE_MODEL_SHAPE, MODELS, Shape::Object(ALIAS)])),
        about: "Model names of your own: a model, or a list of which the first is preferred and the \
                others are tried when it fails.",
        ..FIELD
    },
    Field {
        name: "catalogue",
        shape: Shape::Object(CATALOGUE),
        env: Some("TOLLBRIDGE_CATALOGUE"),
        about: "What is known about models, over the built-in tables: newer models, other limits. \
                In `config.yaml` and in the variable, also the name of a JSON file that holds it, \
                from the configuration's folder on (the working folder without one).",
        ..FIELD
    },
    Field {
        name: "timeouts",
        shape: Shape::Object(TIMEOUTS),
        about: "How long a provider may take.",
        ..FIELD
    },
    Field {
        name: "retry",
        shape: Shape::Object(RETRY),
        about: "How often, and how soon, a failed request is sent again.",
        ..FIELD
    },
    Field {
        name: "limits",
        shape: Shape::Object(LIMITS),
        about: "How the keys' `max_rpm` and `max_streams` are kept.",
        ..FIELD
    },
    Field {
        name: "body_size_limit",
        shape: Shape::Scalar(&SIZE),
        env: Some("BODY_SIZE_LIMIT"),
        default: "10M",
        about: "The largest request body; a larger one is answered 413.",
        ..FIELD
    },
    Field {
        name: "cors",
        shape: Shape::Object(CORS),
        about: "Who may call from a browser. Nobody by default.",
        ..FIELD
    },
    Field {
        name: "on_unsupported",
        shape: Shape::Scalar(&ON_UNSUPPORTED),
        env: Some("ON_UNSUPPORTED"),
        default: "auto",
        about: "What becomes of a request field that the model's provider cannot be given: `auto` \
                drops what is harmless, says so in `x-tollbridge-dropped`, and refuses what would \
                change the answer's meaning; `drop` and `reject` do one of the two for every field.",
        ..FIELD
    },
    Field {
        name: "fetch_media",
        shape: Shape::Object(FETCH_MEDIA),
        about: "Whether the gateway may fetch images and documents that a request names by address, \
                for providers that take the data alone.",
        ..FIELD
    },
    Field {
        name: "log_format",
        shape: Shape::Scalar(&LOG_FORMAT),
        env: Some("LOG_FORMAT"),
        default: "json",
        about: "How log lines are written: one JSON object each, or text for people.",
        ..FIELD
    },
    Field {
        name: "keep_alive",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("STREAM_KEEP_ALIVE"),
        default: "15s",
        about: "The silence on a caller's stream after which a comment is sent to keep it open.",
        ..FIELD
    },
    Field {
        name: "keep_reasoning",
        shape: Shape::Scalar(&DURATION),
        env: Some("KEEP_REASONING"),
        default: "24h",
        about: "How long the reasoning is kept that a model wants to see again in a tool loop (Claude's \
                signed thinking, Gemini's signatures, DeepSeek's text), for clients that do not send it \
                back. `0` keeps none: such a loop then goes on without.",
        ..FIELD
    },
    Field {
        name: "reasoning_timeout",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("REASONING_TIMEOUT"),
        default: "300ms",
        about: "How long a request waits for that reasoning. What is not found by then counts as gone.",
        ..FIELD
    },
];

const ONE_MODEL_SHAPE: Shape = Shape::Scalar(&MODEL);
const MODELS: Shape = Shape::List(&ONE_MODEL);

/// One account at one provider.
pub static PROVIDER: &[Field] = &[
    Field {
        name: "type",
        shape: Shape::Scalar(&LINE),
        about: "The kind of provider, from the table of providers, or `openai-compatible` for any \
                other that speaks OpenAI's API. By default the kind that the name is or begins \
                with: `openai-east` is an `openai`.",
        ..FIELD
    },
    Field {
        name: "api_key",
        shape: Shape::Either(&[Shape::Secret, Shape::List(&SECRET)]),
        env: Some("API_KEY"),
        about: "The provider's key, or several that are used in turn.",
        ..FIELD
    },
    Field {
        name: "base_url",
        shape: Shape::Scalar(&URL),
        env: Some("BASE_URL"),
        about: "Where the provider answers, if not at the kind's own address.",
        ..FIELD
    },
    Field {
        name: "models",
        shape: MODELS,
        env: Some("MODELS"),
        about: "The models to offer. By default those that the provider lists.",
        ..FIELD
    },
    Field {
        name: "api_version",
        shape: Shape::Scalar(&LINE),
        env: Some("API_VERSION"),
        about: "The `api-version` of Azure's addresses.",
        ..FIELD
    },
];

/// One gateway key.
pub static KEY: &[Field] = &[
    Field {
        name: "name",
        shape: Shape::Scalar(&LINE),
        required: true,
        about: "Names the key in logs and usage rows. Each has its own.",
        ..FIELD
    },
    Field {
        name: "digest",
        shape: Shape::Scalar(&DIGEST),
        required: true,
        about: "The key's SHA-256, as `sha256:` and 64 hexadecimal digits. The key itself stands \
                nowhere.",
        ..FIELD
    },
    Field {
        name: "tenant",
        shape: Shape::Scalar(&TENANT),
        default: "/",
        about: "The tenant path that its usage is counted under.",
        ..FIELD
    },
    Field {
        name: "labels",
        shape: Shape::Map(&LINE, &A_LINE),
        about: "Texts that are copied into its usage rows.",
        ..FIELD
    },
    Field {
        name: "models",
        shape: Shape::List(&Shape::Scalar(&PATTERN)),
        about: "The models and aliases it may use, with `*` for any text: `openai/*` is a \
                provider's, `gpt-*` any provider's. By default all.",
        ..FIELD
    },
    Field {
        name: "expires_at",
        shape: Shape::Scalar(&TIME),
        about: "When it stops working. By default never.",
        ..FIELD
    },
    Field {
        name: "max_rpm",
        shape: Shape::Scalar(&QUOTA),
        about: "Requests to models that it may make in a minute, over all instances of the gateway; \
                more are answered 429. By default any number. `docs/targets.md` says how exactly it is \
                kept.",
        ..FIELD
    },
    Field {
        name: "max_streams",
        shape: Shape::Scalar(&QUOTA),
        about: "Streamed answers that it may have at once, over all instances of the gateway; more are \
                answered 429. By default any number.",
        ..FIELD
    },
];

/// An alias written out.
pub static ALIAS: &[Field] = &[Field {
    name: "targets",
    shape: MODELS,
    required: true,
    about: "The models it stands for, the preferred one first.",
    ..FIELD
}];

/// What is known about models.
pub static CATALOGUE: &[Field] = &[
    Field {
        name: "mode",
        shape: Shape::Scalar(&MODE),
        default: "merge",
        about: "`merge` puts these models over the built-in ones, `replace` forgets those.",
        ..FIELD
    },
    Field {
        name: "models",
        shape: Shape::List(&Shape::Object(MODEL_ENTRY)),
        required: true,
        about: "The models. What one leaves out is as the built-in model of the same `id` has it.",
        ..FIELD
    },
];

/// What is known about one model.
pub static MODEL_ENTRY: &[Field] = &[
    Field {
        name: "id",
        shape: ONE_MODEL_SHAPE,
        required: true,
        about: "Its name, which also stands for every longer one that goes on with `-`, `:`, `@` \
                or `_`: `gpt-4o` for `gpt-4o-2024-11-20`.",
        ..FIELD
    },
    Field {
        name: "provider",
        shape: Shape::Scalar(&LINE),
        about: "The kind of provider that makes it, which is asked for its bare name. Required for \
                a model that is not built in.",
        ..FIELD
    },
    Field {
        name: "context",
        shape: Shape::Scalar(&COUNT),
        about: "How many tokens a prompt and its answer may have.",
        ..FIELD
    },
    Field {
        name: "max_output",
        shape: Shape::Scalar(&COUNT),
        about: "How many tokens an answer may have.",
        ..FIELD
    },
    Field {
        name: "refuses",
        shape: Shape::List(&ONE_PARAM),
        about: "The parameters that it refuses.",
        ..FIELD
    },
    Field {
        name: "refuses_while_reasoning",
        shape: Shape::List(&ONE_PARAM),
        about: "The parameters that it refuses unless reasoning is off.",
        ..FIELD
    },
    Field {
        name: "reasoning",
        shape: Shape::Object(REASONING),
        about: "Whether and how it reasons.",
        ..FIELD
    },
    Field {
        name: "retires",
        shape: Shape::Scalar(&DAY),
        about: "The day on which its maker stops serving it.",
        ..FIELD
    },
];

/// How a model reasons.
pub static REASONING: &[Field] = &[
    Field {
        name: "control",
        shape: Shape::Scalar(&CONTROL),
        default: "none",
        about: "What steers it: nothing (`none` does not reason, `fixed` always does), a switch, a \
                level of effort, a number of tokens, or either of these two.",
        ..FIELD
    },
    Field {
        name: "efforts",
        shape: Shape::List(&ONE_EFFORT),
        about: "The levels that it takes; `none` where it can be switched off. By default any may \
                be tried.",
        ..FIELD
    },
    Field {
        name: "default",
        shape: Shape::Scalar(&EFFORT),
        about: "The level where a request names none.",
        ..FIELD
    },
    Field {
        name: "always",
        shape: Shape::Flag,
        default: "false",
        about: "It cannot be switched off.",
        ..FIELD
    },
];

/// How long a provider may take.
pub static TIMEOUTS: &[Field] = &[
    Field {
        name: "connect",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("HTTP_CONNECT_TIMEOUT"),
        default: "10s",
        about: "To accept a connection.",
        ..FIELD
    },
    Field {
        name: "first_byte",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("HTTP_RESPONSE_HEADER_TIMEOUT"),
        default: "5m",
        about: "To send a stream's first event, or the whole of another answer.",
        ..FIELD
    },
    Field {
        name: "idle",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("HTTP_STREAM_IDLE_TIMEOUT"),
        default: "2m",
        about: "Between two pieces of a stream.",
        ..FIELD
    },
    Field {
        name: "whole",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("HTTP_TIMEOUT"),
        default: "10m",
        about: "For one request, all of its attempts and its stream included.",
        ..FIELD
    },
];

/// How a failed request is sent again.
pub static RETRY: &[Field] = &[
    Field {
        name: "max_retries",
        shape: Shape::Scalar(&RETRIES),
        env: Some("RETRY_MAX_RETRIES"),
        default: "3",
        about: "Attempts after the first, over keys, retries and fallbacks together.",
        ..FIELD
    },
    Field {
        name: "initial_backoff",
        shape: Shape::Scalar(&DURATION),
        env: Some("RETRY_INITIAL_BACKOFF"),
        default: "250ms",
        about: "The wait before the second attempt. It doubles with each further one, and a random \
                part of it is left out.",
        ..FIELD
    },
    Field {
        name: "max_backoff",
        shape: Shape::Scalar(&DURATION),
        env: Some("RETRY_MAX_BACKOFF"),
        default: "8s",
        about: "The longest wait.",
        ..FIELD
    },
];

/// How the keys' limits are kept.
pub static LIMITS: &[Field] = &[
    Field {
        name: "on_store_failure",
        shape: Shape::Scalar(&ON_STORE_FAILURE),
        env: Some("LIMITS_ON_STORE_FAILURE"),
        default: "pass",
        about: "What becomes of requests of keys with limits while the store of their counts cannot be \
                reached: `pass` lets them pass as far as the instance's own counts allow, `refuse` answers \
                503.",
        ..FIELD
    },
    Field {
        name: "store_timeout",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("LIMITS_STORE_TIMEOUT"),
        default: "1s",
        about: "How long that store may take until it counts as not reached.",
        ..FIELD
    },
];

/// What may be fetched for callers.
pub static FETCH_MEDIA: &[Field] = &[
    Field {
        name: "enabled",
        shape: Shape::Flag,
        env: Some("FETCH_MEDIA"),
        default: "false",
        about: "Whether it may: `https` addresses of public hosts alone, without redirects. \
                Without it, a request that needs it is a 400.",
        ..FIELD
    },
    Field {
        name: "max_size",
        shape: Shape::Scalar(&SIZE),
        env: Some("FETCH_MEDIA_MAX_SIZE"),
        default: "10M",
        about: "The largest image or document.",
        ..FIELD
    },
    Field {
        name: "max_count",
        shape: Shape::Scalar(&FEW),
        env: Some("FETCH_MEDIA_MAX_COUNT"),
        default: "8",
        about: "The most addresses of one request.",
        ..FIELD
    },
    Field {
        name: "timeout",
        shape: Shape::Scalar(&TIMEOUT),
        env: Some("FETCH_MEDIA_TIMEOUT"),
        default: "10s",
        about: "How long all addresses of one request may take together.",
        ..FIELD
    },
];

/// Who may call from a browser.
pub static CORS: &[Field] = &[Field {
    name: "origins",
    shape: Shape::List(&Shape::Scalar(&ORIGIN)),
    env: Some("CORS_ORIGINS"),
    required: true,
    about: "The origins whose pages may call, or `*` alone for any.",
    ..FIELD
}];
