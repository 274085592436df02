"""Why conversations ended, in one vocabulary for the words of all platforms."""
