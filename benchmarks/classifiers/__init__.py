"""Our intent classifier against others that learn from the same examples and bring no weights of their own."""
