"""Reports made from the one result model: pure functions from results to text."""
