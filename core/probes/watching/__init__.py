"""How a model is watched: module hooks that touch no module, and the reading of the graph that torch builds anyway."""
