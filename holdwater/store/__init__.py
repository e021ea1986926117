"""The store: facts and findings of all audits as Parquet, for questions, comparisons and forecasts.

Evidence bundles stay the source; all of this can be made anew from them. `docs/store.md` is for readers.
"""
