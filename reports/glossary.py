"""Words of the field that the reports use, explained for people who do not work in it."""

GLOSSARY = (
    ("Array", "several disks that act as one (RAID), so that one or more of them may fail."),
    (
        "Blind spot",
        "something that should have been examined and could not be; it is never counted as healthy.",
    ),
    ("Confidence", "the share of what applies to this site that could be judged at all."),
    ("Degraded", "an array that runs with a member missing: what redundancy it had is used up or reduced."),
    ("Endurance used", "the share of the writes a solid-state drive is rated for; it may exceed 100 %."),
    ("Member, slot", "a disk of an array, and the place it takes there."),
    ("Pending sector", "a piece of a disk that could not be read and waits to be rewritten or replaced."),
    ("Rebuild, recovery", "writing a member anew from what the others hold; all of them are read for it."),
    ("Scrub, check", "reading everything to find what has become unreadable while it can still be repaired."),
    ("SMART", "what a drive tells of its own condition. No warning does not mean that it is healthy."),
    ("Spare", "a disk that stands by to take a failed member's place."),
)
