"""Search for parameter sets: engines that propose, a journal that remembers, and what the history means."""
