"""The rules, one module for each table they judge. Walked by `analyzer.rule.load`."""
