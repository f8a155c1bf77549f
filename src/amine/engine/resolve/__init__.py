"""From a description to everything the engine must know of it, looked up once."""
