"""The experiments of arXiv 2411.07180 made again: what runs them, measures them and shows them."""
