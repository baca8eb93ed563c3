"""The user that tests run jobs as: their own, for the jobs of a worker of root are nobody's."""

import os
import pwd

OWN_USER = pwd.getpwuid(os.getuid()).pw_name
