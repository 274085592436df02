"""What clusters cost."""
