"""One module for each tool: what to ask it, how its answers read. Walked by `collectors.collector.load`."""
