"""From the description of a network to all that the engine reads of it, looked up once."""
