"""How far the service's verdicts can be believed: a sample for people to judge, and what follows."""
