"""What is wrong with comments that silence findings: one rule a module, its docstring its page."""
