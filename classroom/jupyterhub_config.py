"""JupyterHub for a class on one machine: each learner has a container with measured limits.

`names.txt` has the names that may enter, one a line. The first is the teacher's, who can see who is
there and stop servers. Each chooses a password when they enter for the first time.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import limits

learner = limits.measured()
names = Path("/srv/names.txt").read_text("utf-8").split()

c = get_config()  # noqa: F821

c.JupyterHub.bind_url = "http://:8000"
# Containers reach the hub by its name in their network.
c.JupyterHub.hub_ip = "0.0.0.0"
c.JupyterHub.hub_connect_ip = "hub"

c.JupyterHub.authenticator_class = "firstuse"
c.FirstUseAuthenticator.create_users = False
c.Authenticator.allowed_users = set(names)
c.Authenticator.admin_users = set(names[:1])

c.JupyterHub.spawner_class = "docker"
c.DockerSpawner.image = "nn-course-learner"
c.DockerSpawner.pull_policy = "never"  # it was built here
c.DockerSpawner.network_name = "nn-course"
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.prefix = "nn-course"
c.DockerSpawner.volumes = {"nn-course-{username}": "/home/learner"}
c.DockerSpawner.remove = True  # the container, not the volume
c.DockerSpawner.extra_host_config = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 256,
}

c.Spawner.mem_limit = f"{learner.limit}M"
c.Spawner.cpu_limit = 1
# More threads than cores would wait for each other.
c.Spawner.environment = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
c.JupyterHub.active_server_limit = max(1, learner.learners(memory))

c.Spawner.default_url = "/lab/tree/book/00_tour.ipynb"
c.Spawner.start_timeout = 120
# A kernel whose notebook is closed ends after half an hour, and an idle server after an hour.
c.Spawner.args = ["--MappingKernelManager.cull_idle_timeout=1800"]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
