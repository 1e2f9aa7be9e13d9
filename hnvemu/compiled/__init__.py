"""Compiled policies: large ones are kept in a form that answers without being read."""
