"""Commands that hand a model to somebody else."""
