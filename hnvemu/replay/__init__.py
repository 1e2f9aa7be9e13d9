"""Captures through the switch: what became of every flow, and what crossed and arrived."""
