"""What can be asked of a site, and how its answers read as rows of tables. Judges nothing."""
