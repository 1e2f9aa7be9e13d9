"""The command line: parse, call, render, exit code. Nothing here decides about packets."""
