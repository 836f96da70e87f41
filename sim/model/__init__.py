"""The laws of the chain, one module each; they meet only through what `sim.engine` wires."""
