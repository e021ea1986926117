"""One module for each tool: what to ask it, and how its answers read. Walked by `collectors.collector.load`."""
