"""Made-up conversations and a stand-in for the ChatDash service."""
