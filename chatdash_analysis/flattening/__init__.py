"""Dynamic fields: nested JSON as flat, typed and named columns."""
