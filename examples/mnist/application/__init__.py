"""What the commands of this folder share: configuration, data, model, training, records of runs."""
