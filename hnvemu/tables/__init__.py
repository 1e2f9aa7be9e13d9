"""A policy as tables: every lookup answers with a step, made once and shared."""
