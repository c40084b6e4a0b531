-- What of an answer the caller's protocol could not say, by name: `images, logprobs`.
ALTER TABLE usage ADD COLUMN lost TEXT;

INSERT INTO schema_version (version) VALUES (3);
