"""Models: recurrent cells with their equations in sight, fused stacks, and the sequence model that is trained."""
