"""How good a run is: scores against observations, and rankings built from them."""
