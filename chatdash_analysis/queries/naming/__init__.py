"""What clusters are called: real questions and key phrases."""
