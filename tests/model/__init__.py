"""The claim protocol as a randomised model: worlds in virtual time, faults, and witnesses.

A seed makes one world: a linearizable store with revisions and leases, a log store, one or two
masters and three or four workers, each with a wall clock of its own. A worker is a set of small
step machines; between any two of their steps it may crash (its state directory and its commands
kept or lost), freeze or be cut off. A request may be lost, be applied with its answer lost, or be
applied up to a minute after its sender gave it up or sent it again. Workers are drained, and hand
over what waits there. Jobs are edited, deleted and made anew, by masters and by hand; in some
worlds a Go worker runs them, too. Then everything is healed, the world settles, and witnesses that
read no key of the protocol judge what really happened. Every rule can be switched off, and the
witnesses must then notice.

Not modelled: labels and `hosts: all` (a number of hosts is, and its edits), the queue's limits, a
watch that lost events to compaction. What a Go worker runs is no promise of ours; only where
nothing fails is it judged that it and our workers do not both run an instant. Between the checks
before a spawn and the spawn itself nothing happens here; on a host a freeze may fall between them.
"""
