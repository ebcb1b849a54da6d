"""A stand-in for a container engine: it answers DockerSpawner, and runs containers as processes.

A container is the command of its image in the image's folder, with its own processes, its volume,
its address (127.0.0.x) and its limit of memory.
"""

import contextlib
import json
import re
import signal
import socketserver
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from image import Image

MEMORY = Path("/sys/fs/cgroup/memory")  # version 1 of control groups


class Container:
    """A container: what was asked for, and its process."""

    def __init__(self, number: int, asked: dict[str, Any], image: Image, volumes: Path):
        self.address = f"127.0.0.{10 + number}"
        self.asked, self.image, self.volumes = asked, image, volumes
        self.group = MEMORY / f"nn-course-trial-{number}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        host = self.asked["HostConfig"]
        (bind,) = host["Binds"]
        name, target, _ = bind.split(":")
        volume, home = self.volumes / name, self.image.inside(target)
        if not volume.exists():  # a new volume gets what the image has there
            subprocess.run(["cp", "--archive", home, volume], check=True)
        # The hub's name, which the network of the engine knows.
        (self.image.root / "etc/hosts").write_text("127.0.0.1 localhost hub\n", "utf-8")
        env = dict(setting.split("=", 1) for setting in self.asked["Env"])
        address = env["JUPYTERHUB_SERVICE_URL"].replace("0.0.0.0", self.address)
        self.env = {**env, "JUPYTERHUB_SERVICE_URL": address}
        self.group.mkdir()
        (self.group / "memory.limit_in_bytes").write_text(str(host["Memory"]))
        before = f"echo $$ > {self.group}/cgroup.procs; mount --bind {volume} {home};"
        line = f"exec {' '.join(self.asked['Cmd'])}"
        with (self.volumes / f"{name}.log").open("wb") as log:
            self.process = subprocess.Popen(
                self.image.command(line, self.env, before), stdout=log, stderr=log
            )

    def is_healthy(self) -> bool:
        """Carry out the image's own check of health, which asks at 127.0.0.1."""
        check = self.image.health.replace("127.0.0.1", self.address)
        return subprocess.run(self.image.command(check, self.env), check=False).returncode == 0

    def state(self) -> dict[str, Any]:
        code = self.process.poll() if self.process else None
        running = self.process is not None and code is None
        return {"Running": running, "ExitCode": code or 0, "Error": "", "FinishedAt": ""}

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)  # --kill-child ends all of its processes
            self.process.wait()
        while self.group.exists():  # until the last of its processes is gone
            with contextlib.suppress(OSError):
                self.group.rmdir()
            time.sleep(0.05)


class Engine:
    """The engine, at a socket within the hub's folder."""

    def __init__(self, socket: Path, images: dict[str, Image], volumes: Path):
        self.images, self.volumes = images, volumes
        self.containers: dict[str, Container] = {}
        self.refused: list[str] = []
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, code: int, found: object = None) -> None:
                body = b"" if found is None else json.dumps(found).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle_request(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                asked = json.loads(self.rfile.read(length) or b"null")
                path = re.sub(r"^/v[\d.]+", "", self.path)
                self.answer(*engine.answer(self.command, path, asked))

            do_GET = do_POST = do_DELETE = handle_request  # noqa: N815

            def address_string(self) -> str:
                return "hub"

            def log_message(self, *_: object) -> None:
                pass

        socket.parent.mkdir(parents=True, exist_ok=True)
        self.server = socketserver.ThreadingUnixStreamServer(str(socket), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, asked: Any) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        kind, *rest = path.strip("/").split("/")
        match method, kind, *rest:
            case "GET", "version":
                return 200, {"ApiVersion": "1.44"}
            case "GET", "images", name, "json":
                return 200, {"Id": name, "Config": {"Cmd": self.images[name].cmd}}
            case "POST", "containers", "create":
                name = query.removeprefix("name=")
                image = self.images[asked["Image"]]
                number = len(self.containers)
                self.containers[name] = Container(number, asked, image, self.volumes)
                return 201, {"Id": name, "Warnings": []}
        found = self.containers.get(rest[0]) if kind == "containers" and rest else None
        if found is None:
            self.refused.append(f"{method} {path}")
            return 404, {"message": f"no {path}"}
        match method, *rest[1:]:
            case "GET", "json":
                networks = {found.asked["HostConfig"]["NetworkMode"]: {"IPAddress": found.address}}
                settings = {"Networks": networks}
                config = {"Env": found.asked["Env"]}
                state = found.state()
                about = {"Id": rest[0], "State": state, "Config": config}
                return 200, {**about, "NetworkSettings": settings}
            case "POST", "start":
                found.start()
                return 204, None
            case "POST", "stop":
                found.stop()
                return 204, None
            case ("DELETE",):
                found.stop()
                del self.containers[rest[0]]
                return 204, None
        self.refused.append(f"{method} {path}")
        return 404, {"message": f"no {path}"}

    def close(self) -> None:
        for container in self.containers.values():
            container.stop()
        self.server.shutdown()
        self.server.server_close()
