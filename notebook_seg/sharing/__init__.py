"""Models on their way to somebody else."""
