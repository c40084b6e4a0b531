-- Usage of the gateway: one row a request, and its sums by the hour.

-- Which of these files have run here.
CREATE TABLE schema_version (
  version INTEGER PRIMARY KEY
);

-- One request. NULL means that nobody said, never zero.
-- No index: rows are only ever appended, as requests end, so that the rowid is their order in
-- time, which is all that pruning and reading the latest need; sums are read from usage_hour.
-- The id is not unique, because a caller may choose it.
CREATE TABLE usage (
  at INTEGER NOT NULL,        -- arrival, microseconds since the Unix epoch
  id TEXT NOT NULL,           -- the answer's x-request-id
  tenant TEXT NOT NULL,       -- path of the key's tenant; '' for an unknown caller
  key_name TEXT NOT NULL,     -- the key's name; '' for an unknown caller
  labels TEXT,                -- the key's labels, a JSON object
  user_path TEXT,             -- path of the end user, below the tenant's
  provider TEXT,              -- provider instance that was tried last
  model_asked TEXT NOT NULL,  -- model in the caller's words
  model_answered TEXT,        -- model in the provider's words
  front TEXT NOT NULL,        -- protocol of the caller
  endpoint TEXT NOT NULL,     -- what was asked of it
  status INTEGER NOT NULL,    -- HTTP status of the answer
  error TEXT,                 -- class of what went wrong
  finish TEXT,                -- why the model stopped
  stream INTEGER NOT NULL,    -- 1 for a streamed answer
  attempts INTEGER NOT NULL,  -- requests sent to providers
  latency_us INTEGER NOT NULL,-- arrival to end of the answer, microseconds
  first_token_us INTEGER,     -- arrival to the model's first output, microseconds
  estimated INTEGER NOT NULL, -- 1 where tokens were counted here, not by the provider
  input INTEGER,              -- tokens read, those of the next four rows included
  cached_input INTEGER,       --   of them from the provider's cache
  cache_write INTEGER,        --   of them written to the provider's cache
  cache_write_1h INTEGER,     --     of those, to be kept for an hour
  audio_input INTEGER,        --   of them audio
  output INTEGER,             -- tokens written, those of the next two rows included
  reasoning INTEGER,          --   of them reasoning
  audio_output INTEGER,       --   of them audio
  web_searches INTEGER,       -- searches that the provider made
  cost INTEGER,               -- price in nano-dollars
  price_version TEXT,         -- price table that the cost comes from
  cache TEXT,                 -- what the response caches did
  upstream_id TEXT            -- the provider's id of the request
);

-- Sums of `usage`, kept up in the transaction that adds to it. One tree in the order of the
-- hours: a summary reads one stretch of it.
CREATE TABLE usage_hour (
  hour INTEGER NOT NULL,      -- of the arrivals, hours since the Unix epoch
  tenant TEXT NOT NULL,
  key_name TEXT NOT NULL,
  provider TEXT NOT NULL,     -- '' where none was tried
  model TEXT NOT NULL,        -- usage.model_answered; '' where none was tried
  endpoint TEXT NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,    -- requests with an error class
  estimated INTEGER NOT NULL, -- requests whose tokens were counted here
  unmetered INTEGER NOT NULL, -- requests whose provider said neither input nor output
  unpriced INTEGER NOT NULL,  -- requests without a cost
  input INTEGER NOT NULL,
  cached_input INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL,
  audio_input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  audio_output INTEGER NOT NULL,
  web_searches INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  latency_us INTEGER NOT NULL,
  first_tokens INTEGER NOT NULL, -- requests with a first_token_us
  first_token_us INTEGER NOT NULL,
  PRIMARY KEY (hour, tenant, key_name, provider, model, endpoint)
) WITHOUT ROWID;

INSERT INTO schema_version (version) VALUES (1);
