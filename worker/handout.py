"""What a run is given of its worker's secrets, and what hides them in its output."""

from __future__ import annotations

from dataclasses import dataclass, field

from common.job import Job
from worker.equipment import Equipment
from worker.identity import identify
from worker.masks import Masks
from worker.secret_files import SecretsRefused, read_secrets
from worker.secret_room import Owner

MOST_MASKS = 1000
"""Each is looked for in all that is kept of the output."""
VARIABLE = "FLEETCRON_SECRETS"


@dataclass(frozen=True, slots=True)
class Handout:
    """The directory with a run's copies ("" for none), and the masks of their values."""

    directory: str = ""
    masks: Masks = field(default_factory=Masks)

    @property
    def environment(self) -> dict[str, str]:
        """What the run is told of it."""
        return {VARIABLE: self.directory} if self.directory else {}


NOTHING = Handout()


def hand_out(job: Job, equipment: Equipment) -> Handout:
    """Give a run of the job its secrets; CouldNotStart, in a sentence, where it cannot have them.

    Who was given something takes it back at the run's end.
    """
    if not job.secrets:
        return NOTHING
    values = read_secrets(equipment.config.secrets_dir, job.secrets)
    masks = Masks(values.values())
    if len(masks) > MOST_MASKS:
        raise SecretsRefused(
            f"its secrets have {len(masks)} lines, more than the {MOST_MASKS} that can be masked"
        )
    identity = identify(job, equipment.config)
    owner = Owner(identity.account.uid, identity.gid)
    return Handout(equipment.secrets.give(values, owner), masks)
