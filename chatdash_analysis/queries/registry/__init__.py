"""Clusters that last: their ids, names and marks, from one fit to the next."""
