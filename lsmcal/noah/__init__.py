"""The model: one soil, vegetation and snow column. NumPy and numba only: no files, no configuration, no MPI."""
