"""An exported data set: tables, card and recipe in one folder."""
