"""Names and numbers of the fixed interface, and the limits that all parts share."""

JOB_SAVE_DIR = "/cron/jobs/"
JOB_KILLER_DIR = "/cron/killer/"
JOB_LOCK_DIR = "/cron/lock/"
JOB_WORKER_DIR = "/cron/workers/"

JOB_FIRED_DIR = "/cron/fired/"
JOB_RUN_DIR = "/cron/runs/"
JOB_TRIGGER_DIR = "/cron/trigger/"
JOB_CHANGES_DIR = "/cron/changes/"
WORKER_ALIVE_DIR = "/cron/alive/"
WORKER_DRAIN_DIR = "/cron/drain/"
CLOCK_DIR = "/cron/clock/"
RUN_LOOK_DIR = "/cron/look/"
RUN_OUTPUT_DIR = "/cron/output/"
AUDIT_DIR = "/cron/audit/"
KEEPER_KEY = "/cron/keeper/leader"
KEEPER_CROWDED_KEY = "/cron/keeper/crowded"
KEEPER_STATE_KEY = "/cron/keeper/state"
KEEPER_TIME_KEY = "/cron/keeper/time"
FLEET_KEY = "/cron/fleet"

JOB_EVENT_SAVE = 1
JOB_EVENT_DELETE = 2
JOB_EVENT_KILL = 3

LOG_DATABASE = "cron"
LOG_COLLECTION = "log"
AUDIT_COLLECTION = "audit"

API_PORT = 8070

MAX_VALUE_BYTES = 1_500_000
"""etcd refuses requests of more than 1.5 MiB; what is larger is refused before it is sent."""

KILLER_SECONDS = 3600
"""A worker whose main process is away hears of a kill when it is back; later runs are not meant."""
FORGET_WATERMARK_SECONDS = 24 * 3600
