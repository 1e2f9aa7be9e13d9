"""What is no policy file and says what one says: dumps, scripts, what a controller serves."""
