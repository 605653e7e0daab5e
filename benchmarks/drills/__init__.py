"""Fault drills: what is killed, cut off, filled up or lied to, and what a run has to show for it."""
