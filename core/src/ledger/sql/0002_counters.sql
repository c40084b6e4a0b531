-- Requests and streams that the instances of the gateway have been granted, by scope.

-- One scope: a key with limits. There are no more rows than keys that were ever declared.
CREATE TABLE counters (
  scope TEXT PRIMARY KEY,   -- `key/` and the key's name
  version INTEGER NOT NULL, -- grows with every change, so that no change is lost
  book TEXT NOT NULL        -- `1 MINUTE REQUESTS`, and ` ID:UNTIL` for each stream
) WITHOUT ROWID;

INSERT INTO schema_version (version) VALUES (2);
