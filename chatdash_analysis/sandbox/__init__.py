"""Made-up conversations and a stand-in for the ChatDash service."""

from chatdash_analysis.sandbox.sampling import load_sample, stand_in

__all__ = ["load_sample", "stand_in"]
