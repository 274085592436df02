"""How long verdicts take to arrive, and which periods are still provisional."""
