"""Figures: one function each, from plain arrays to a matplotlib Figure; nothing is shown or saved here."""
