"""Where a published image comes from: what its file states of it, and what vouches for that."""
