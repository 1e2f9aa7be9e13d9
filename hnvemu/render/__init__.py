"""Traces and findings as people and programs read them. Nothing here decides anything."""
