-- What of an answer the caller's protocol could not say: names of fields, apart by commas.
ALTER TABLE usage ADD COLUMN lost TEXT;

INSERT INTO schema_version (version) VALUES (3);
