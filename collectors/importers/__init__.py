"""Other people's collections as evidence of a host: a sosreport, a recording, a folder of outputs.

Each is turned into a :class:`collectors.importers.record.Record`: files of the host by path, and what its
commands printed. `collectors.targets.imported` puts the ordinary questions to that.
"""
