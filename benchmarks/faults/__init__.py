"""Damage, kills and full disks, many times over: ``python -m benchmarks.faults``."""
