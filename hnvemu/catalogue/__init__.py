"""What the rules, reasons and outcomes mean, and how well each is known: a page for every code."""
