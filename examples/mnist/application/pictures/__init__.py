"""The pictures of visualize.py, by what they show. They are drawn with matplotlib."""
