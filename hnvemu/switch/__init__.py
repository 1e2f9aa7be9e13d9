"""The pipeline: the only code that decides what becomes of a packet."""
