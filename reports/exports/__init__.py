"""One judged audit in the formats that other programs read."""
