"""Training: an iterator of steps, and the worker processes and the queue that run it for visitors."""
