"""Screening: many parameter sets at a few cells of a region, and which parameters matter there."""
