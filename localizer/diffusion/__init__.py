"""Qwen-Image-Edit in this process: sizes, tiers, loading, generating. Importing it loads no torch."""
