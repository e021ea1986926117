"""Tables worked out from collected ones, one file each: joins and trends, so that rules need none."""
