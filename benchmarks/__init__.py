"""What the product costs, measured against its budgets."""
