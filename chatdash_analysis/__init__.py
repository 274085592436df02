"""Conversations of a ChatDash agency as typed DataFrames, cached as parquet.

>>> import chatdash_analysis as cda
>>> conversations = cda.load_sample(300)
>>> len(conversations)
300
"""

from lazy_loader import attach_stub

# The names and where they come from stand in __init__.pyi. A module is imported when one of its
# names is first asked for: all of them together would cost as much as pandas once more.
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
