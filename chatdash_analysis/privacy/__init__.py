"""Personal data taken out of conversations, before or after they are kept."""
