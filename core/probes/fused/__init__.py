"""What oneDNN's fused LSTM keeps to itself, read from the memory between its two passes."""
