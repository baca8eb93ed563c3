"""What master, worker and command line share: records, schedules, and the seams to the stores."""
