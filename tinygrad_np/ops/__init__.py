"""The operations, by family; each stands beside its derivative."""
