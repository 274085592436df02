"""People over time: who comes back, how soon, and whether what was solved stays solved."""
