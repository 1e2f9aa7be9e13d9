"""Questions asked of a fabric: no decisions of their own."""
