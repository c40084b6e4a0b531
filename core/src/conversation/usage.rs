/// Tokens of one answer, apart by kind. What a provider did not say is `None`, which is not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Everything the model read, tokens read from a cache and written to one included.
    pub input: Option<u64>,
    /// Everything the model wrote, reasoning included.
    pub output: Option<u64>,
    /// The part of `input` that was read from a cache.
    pub cached_input: Option<u64>,
    /// The part of `input` that was written to a cache, whatever its lifetime.
    pub cache_write: Option<u64>,
    /// The part of `cache_write` that was written to be kept for an hour.
    pub cache_write_1h: Option<u64>,
    /// The part of `output` that was reasoning.
    pub reasoning: Option<u64>,
    /// The part of `input` that was audio.
    pub audio_input: Option<u64>,
    /// The part of `output` that was audio.
    pub audio_output: Option<u64>,
    /// Searches of the web that the provider made on its own side.
    pub web_searches: Option<u64>,
}

impl Usage {
    /// Whether the provider said nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes what `later` knows over what was known before: providers report running totals, and
    /// the last report is the true one.
    pub fn update(&mut self, later: &Usage) {
        fn take(field: &mut Option<u64>, later: Option<u64>) {
            if later.is_some() {
                *field = later;
            }
        }
        take(&mut self.input, later.input);
        take(&mut self.output, later.output);
        take(&mut self.cached_input, later.cached_input);
        take(&mut self.cache_write, later.cache_write);
        take(&mut self.cache_write_1h, later.cache_write_1h);
        take(&mut self.reasoning, later.reasoning);
        take(&mut self.audio_input, later.audio_input);
        take(&mut self.audio_output, later.audio_output);
        take(&mut self.web_searches, later.web_searches);
    }

    /// Input and output together, where at least one is known.
    pub fn total(&self) -> Option<u64> {
        match (self.input, self.output) {
            (None, None) => None,
            (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        }
    }
}
