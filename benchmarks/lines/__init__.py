"""Lines of marketing text, drawn as the engine draws them, right and with one fault each."""
