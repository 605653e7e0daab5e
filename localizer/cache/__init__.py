"""Results that runs and campaigns of a workspace share: what they take up, and which may go."""
