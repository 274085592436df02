"""Why a rate changed: mix and within, and dates beside earlier dates."""
