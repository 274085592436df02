"""The parts of a report, each from public analyses and in the words of a client."""
