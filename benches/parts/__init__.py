"""The parts of `benches/compare`: each has a function `measure` that answers rows of a table."""
