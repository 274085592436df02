"""From the bytes of the ChatDash API to a typed DataFrame, by way of a parquet store."""
