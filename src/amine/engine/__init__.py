"""The engine: network structures compiled to machine code, and what runs them."""
