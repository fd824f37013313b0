"""Many columns: assembling them from a case, bringing them to equilibrium, running them, writing what they give."""
