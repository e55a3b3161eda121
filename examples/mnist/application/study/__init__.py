"""The published study: its tables, and those of this project beside them."""
