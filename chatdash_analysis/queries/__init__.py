"""Misunderstood queries: what people asked, who asked it, and what it is about."""
