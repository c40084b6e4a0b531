use super::{Extra, Json, Text};

/// One piece of a message or of an answer.
#[derive(Debug, Clone)]
pub enum Part<'a> {
    /// What was said.
    Text(TextPart<'a>),
    /// An image, sound, film or document.
    Media(Media<'a>),
    /// What the model thought, and what proves that it did.
    Reasoning(Reasoning<'a>),
    /// The model's words for not answering.
    Refusal(Text<'a>),
    /// A call that the caller is to make. Calls that a provider makes on its own side are
    /// [`Part::Provider`].
    ToolCall(ToolCall<'a>),
    /// What a call returned.
    ToolResult(ToolResult<'a>),
    /// A block that only the provider's own wire can say: a server tool's call or result, a
    /// compaction, an upload. The whole block, raw, with its `type`.
    Provider {
        /// The block's type.
        kind: Text<'a>,
        /// The block itself.
        json: Json<'a>,
    },
}

impl<'a> Part<'a> {
    /// Plain text without citations or cache marks.
    pub fn text(text: impl Into<Text<'a>>) -> Self {
        Self::Text(TextPart { text: text.into(), ..TextPart::default() })
    }
}

/// Text with what belongs to it.
#[derive(Debug, Clone, Default)]
pub struct TextPart<'a> {
    /// The text.
    pub text: Text<'a>,
    /// Where it was taken from.
    pub citations: Vec<Citation<'a>>,
    /// `cache_control` as the caller wrote it.
    pub cache: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

/// A source that a text was taken from.
#[derive(Debug, Clone)]
pub struct Citation<'a> {
    /// Address of the page, for citations of the web.
    pub url: Option<Text<'a>>,
    /// Title of the page or document.
    pub title: Option<Text<'a>>,
    /// The words that were cited.
    pub cited_text: Option<Text<'a>>,
    /// Where the cited text stands in the answer, in Unicode scalar values, where the provider
    /// says so itself.
    pub span: Option<(u64, u64)>,
    /// The provider's own citation object.
    pub json: Json<'a>,
}

/// What kind of medium a [`Media`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Film.
    Video,
    /// A PDF, plain text or other file that is read.
    Document,
}

/// An image, sound, film or document.
#[derive(Debug, Clone)]
pub struct Media<'a> {
    /// What it is.
    pub kind: MediaKind,
    /// Where its bytes are.
    pub source: Source<'a>,
    /// File name or title.
    pub title: Option<Text<'a>>,
    /// How closely an image is to be looked at (`low`, `high`, `auto`, …).
    pub detail: Option<Text<'a>>,
    /// What the model is told of a document beside its content.
    pub context: Option<Text<'a>>,
    /// Anthropic's `citations` setting of a document.
    pub citations: Option<Json<'a>>,
    /// `cache_control` as the caller wrote it.
    pub cache: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

impl<'a> Media<'a> {
    /// A medium of which nothing but its bytes is known.
    pub fn new(kind: MediaKind, source: Source<'a>) -> Self {
        Self {
            kind,
            source,
            title: None,
            detail: None,
            context: None,
            citations: None,
            cache: None,
            extra: Extra::new(),
        }
    }
}

/// Where the bytes of a [`Media`] are.
#[derive(Debug, Clone)]
pub enum Source<'a> {
    /// An address that the provider fetches.
    Url(Text<'a>),
    /// Bytes in base64, with their media type (`image/png`; for sound that chat names by format
    /// alone, `audio/<format>`).
    Base64 {
        /// Media type, where it is known.
        media_type: Option<Text<'a>>,
        /// The bytes, encoded.
        data: Text<'a>,
    },
    /// A document that is plain text.
    Plain(Text<'a>),
    /// A file that was uploaded to the provider before.
    File(Text<'a>),
    /// A source that only the provider's own wire can say, raw.
    Provider(Json<'a>),
}

/// Reasoning, readable or opaque.
#[derive(Debug, Clone, Default)]
pub struct Reasoning<'a> {
    /// The readable text; absent where the provider returns none.
    pub text: Option<Text<'a>>,
    /// Whether `text` is a summary of the reasoning and not the reasoning itself.
    pub summary: bool,
    /// Anthropic's signature over the text.
    pub signature: Option<Text<'a>>,
    /// Reasoning that only the provider can read: Anthropic's redacted thinking, OpenAI's
    /// encrypted reasoning, Gemini's thought signature.
    pub opaque: Option<Text<'a>>,
    /// The provider's id of the item, or the id of the tool call that it belongs to.
    pub id: Option<Text<'a>>,
    /// Whose format the opaque fields are in, such as `anthropic-claude-v1`.
    pub format: Option<Text<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

/// What a tool call's arguments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallKind {
    /// A JSON object.
    #[default]
    Function,
    /// Free text (OpenAI's custom tools).
    Custom,
}

/// A call that the model asks the caller to make.
#[derive(Debug, Clone, Default)]
pub struct ToolCall<'a> {
    /// The id that the result will name.
    pub id: Text<'a>,
    /// The tool's name.
    pub name: Text<'a>,
    /// The arguments as JSON text, exactly as the model wrote them (an answer that was cut may
    /// hold half an object); empty where the model wrote none. Free text for custom tools.
    pub arguments: Text<'a>,
    /// Whether the arguments are known to be JSON, because they stood as JSON in JSON.
    pub is_json: bool,
    /// What the arguments are.
    pub kind: CallKind,
    /// Opaque state that must come back with the call (Gemini's thought signature).
    pub signature: Option<Text<'a>>,
    /// `cache_control` as the caller wrote it.
    pub cache: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

/// What a tool call returned.
#[derive(Debug, Clone, Default)]
pub struct ToolResult<'a> {
    /// The id of the call.
    pub call_id: Text<'a>,
    /// The tool's name, where the protocol repeats it.
    pub name: Option<Text<'a>>,
    /// Text, images and documents.
    pub content: Vec<Part<'a>>,
    /// Whether the call failed, where the protocol says so.
    pub is_error: Option<bool>,
    /// `cache_control` as the caller wrote it.
    pub cache: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}
