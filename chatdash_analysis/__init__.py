"""Conversations of a ChatDash agency as typed DataFrames, cached as parquet.

>>> import chatdash_analysis as cda
>>> conversations = cda.load_sample(300)
>>> len(conversations)
300
"""

from chatdash_analysis.errors import (
    AuthenticationError,
    CacheError,
    ChatDashError,
    IncompleteError,
    InputError,
    MissingColumnsError,
    RequestError,
    ResponseError,
)
from chatdash_analysis.loading.agents import load_agents
from chatdash_analysis.loading.cache import cache_info, clear_cache, verify_cache
from chatdash_analysis.loading.catalogue import expand_metadata, field_catalogue
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.loader import load_conversations
from chatdash_analysis.loading.quality import quality_report
from chatdash_analysis.loading.saved import read_conversations
from chatdash_analysis.sandbox.sampling import load_sample
from chatdash_analysis.schema import SCHEMA_VERSION, describe_columns

__all__ = [
    "SCHEMA_VERSION",
    "AuthenticationError",
    "CacheError",
    "ChatDashError",
    "Client",
    "IncompleteError",
    "InputError",
    "MissingColumnsError",
    "RequestError",
    "ResponseError",
    "cache_info",
    "clear_cache",
    "describe_columns",
    "expand_metadata",
    "field_catalogue",
    "load_agents",
    "load_conversations",
    "load_sample",
    "quality_report",
    "read_conversations",
    "verify_cache",
]
