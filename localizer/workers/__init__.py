"""Doing many jobs: in processes that may die, or side by side where they only wait for a model."""
