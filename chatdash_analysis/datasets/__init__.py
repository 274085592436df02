"""Machine-learning data sets: features known in time, splits without leaks, exports."""
