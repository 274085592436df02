"""Texts to vectors: the models behind one small protocol, and which one fits the data."""
