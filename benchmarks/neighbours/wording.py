# SPDX-License-Identifier: Apache-2.0
"""The sentences of the page which do not depend on results."""

INTRODUCTION = """\
Who sees what, and who stays silent: the same states of arrays, file systems, volumes and drives, shown to
holdwater and to tools which many of its users have already. Written by `python -m benchmarks.neighbours`;
do not edit.

It is a comparison of one thing only: whether a fault which is there now is told by what a tool does out
of the box. The neighbours do much that holdwater does not: they watch all the time, keep history, draw it
and notify. holdwater looks when it is asked to. Use both."""

HOW_READ = """\
What counts as *sees*:

- **holdwater**: a finding about the state of the subject, of severity medium or above. Lower ones are
  *notes*. Advice on build and care (no scrub of late, nothing that monitors, …) is no sight of a fault;
  it is listed apart, also where nothing is broken.
- **smartd**: a warning sent under the line of Debian's `smartd.conf` (`DEVICESCAN`, which implies `-a`).
  A line in the log is a *note*. Two columns: its first check of drives which are already ill, as after an
  installation; and the check after the fault appeared on a drive which was well at the check before.
- **node_exporter**: it measures and does not judge. *Sees* means that the condition of an alert of its
  own mixin (NodeRAIDDegraded, NodeRAIDDiskFailure, NodeFilesystemAlmostOutOfSpace,
  NodeFilesystemAlmostOutOfFiles) holds for the metrics it gave. The waiting time of an alert is taken as
  over; the two FillingUp alerts need six hours of history and were not put.
- **Netdata**: an alert of its installed health configuration is WARNING or CRITICAL soon after a start in
  that state. Alerts that need history cannot ring; delays of notifications are taken as over. Only what
  Debian's netdata-core and netdata-plugins-bash hold was run: later releases have default alerts on btrfs
  device errors, too, which this one has not.
- **check_raid**: exit status warning or critical with default options.
- **pymdstat**: a reader without judgement. *Sees* means that its fields show an array that is not active,
  or fewer members in use than there should be, which is how its best-known user reads them.

✗ marks the states in which something is wrong. – means not covered: not what the tool looks at."""

COUNTED = """\
Counted over the states marked ✗, and over those that are well. A first sync (running or waiting) and a
drive asleep count as neither. Advice is not counted here; if every piece of advice counted as an alarm,
holdwater would be the noisiest of all."""

CORPUS = """\
{texts} texts of a corpus, each with the conclusion which its collectors drew (critical: failed, not running
or no redundancy left; warning: degraded or syncing). Most were posted to a mailing list by people in
trouble, some are test files of the tools compared. Only `/proc/mdstat` is there to see: no sysfs, no mdadm.

In {inactive} of the critical ones an array is inactive, which node_exporter tells as a state that no alert
of its mixin asks for, and which check_raid passes as OK: where no other array is in trouble, nobody hears of
it from them. The texts labelled well on which holdwater or pymdstat alarm hold containers of external
metadata, but for one: pymdstat takes the container, which is inactive by nature, for trouble; holdwater an
array in it that does not run. That one has a line of nonsense, which pymdstat reads as an array;
node_exporter's collector fails on it, holdwater calls it unreadable, and check_raid passes over it. One text
lists no array; one lacks its end, and pymdstat raises IndexError."""

POOL_TEXTS = """\
Texts of the same corpus, from the test files of other tools, with the conclusions of its collectors. Many
lack the list of devices: holdwater then says that it cannot tell, for what is missing may be the failed one.
Of those labelled well, its one alarm is on a scrub that ended with two errors."""

FAIR = """\
- It does not watch. What happens and heals between two audits is seen only as far as counters and logs
  remember.
- Its advice rings on healthy systems, some of it with severity high (an array which nothing monitors). On
  purpose, yet whoever wants silence where nothing is broken has to waive it.
- A container of external metadata (IMSM, DDF) with an array in it that does not run counts as failed even
  if nobody wanted that array to run.
- Of ZFS pools the neighbours saw the state alone, put into a folder, and no live pool: the guest that has
  ZFS has none of them. How full a pool is was not compared; later releases of Netdata warn at 90 %.
- The states were chosen by the authors of holdwater, whose tests use the same beds. A comparison by
  somebody else would choose others; the beds are open to additions (`tests/lab`)."""

COMMANDS = """\
On Debian 12, as root, with the test beds' own packages (`tests/lab/apt-packages.txt`):

```
apt-get install --no-install-recommends smartmontools prometheus-node-exporter \\
    netdata-core netdata-plugins-bash monitoring-plugins-contrib curl
pip install pymdstat
python -m benchmarks.neighbours
```

It writes this page. Parts: `--only arrays`, `--only file-systems`, `--only volumes`, `--only drives`,
`--only pools`, `--only corpus`, joined with commas. The corpus is a folder named by `HOLDWATER_CORPUS` with
an `INDEX.tsv`; it is not part of this project.

What is run of each neighbour, in the bed and in the state:

```
/usr/lib/nagios/plugins/check_raid
prometheus-node-exporter --web.listen-address=127.0.0.1:9100  # then curl http://127.0.0.1:9100/metrics
netdata -D                                         # then curl 'http://127.0.0.1:19999/api/v1/alarms?all'
python -c 'from pymdstat import MdStat; print(MdStat("/proc/mdstat").get_stats())'
smartd -q onecheck -c smartd.conf -s STATE -A '' -p ''  # twice; smartd.conf holds one line:
DEVICESCAN -d removable -n standby -m root -M exec REPORT
```

Pools: `prometheus-node-exporter --collector.disable-defaults --collector.zfs --path.procfs=FOLDER` and
`netdata -D` with `directory to monitor` of `[plugin:proc:/proc/spl/kstat/zfs]` set to
`FOLDER/spl/kstat/zfs`, in which `POOL/state` holds the word after `state:`.

Saved texts: `check_raid -p mdstat` with the text mounted as `/proc/mdstat` in a mount namespace;
`prometheus-node-exporter --collector.disable-defaults --collector.mdadm --path.procfs=FOLDER`; pymdstat
and holdwater's reader of mdstat read the text as it is."""
