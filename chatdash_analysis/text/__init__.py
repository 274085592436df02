"""Free text: its forms, its language, and what in it is personal."""
