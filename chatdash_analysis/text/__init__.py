"""The text of questions: its forms, its language, and what in it is personal."""
