"""How far the service's verdicts can be believed, by a sample that people judge."""
