"""The vocabulary of explanation: steps, outcomes and reasons, and the trace that they make."""
