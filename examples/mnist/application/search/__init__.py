"""The search for hyper-parameters: what is tried, in which order, by whom, how it is kept, and what came of it."""
