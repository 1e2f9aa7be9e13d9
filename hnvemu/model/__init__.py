"""What a policy says: frozen values without behaviour beyond their own fields."""
