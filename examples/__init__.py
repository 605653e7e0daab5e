"""The sample campaign: its posters are drawn, not stored (see README.md)."""
