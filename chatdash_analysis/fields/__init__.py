"""Dynamic fields: what each holds, how it changed over time, and how to give it a real type."""
