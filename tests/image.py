"""Carry out a Dockerfile where no container engine runs, in the folder of a fresh system."""

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# What this machine needs to reach the package registries.
REACH = ["etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def steps(dockerfile: Path, target: str) -> list[tuple[str, str]]:
    """Give the instructions of a stage and their arguments, first the image it begins from."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", "").splitlines() if line.strip()]
    found: dict[str, list[tuple[str, str]]] = {}
    for line in lines:
        name, argument = line.split(maxsplit=1)
        if name == "FROM":
            base, stage = re.fullmatch(r"(\S+) AS (\w+)", argument).groups()
            found[stage] = [(name, base)]
        else:
            found[stage].append((name, argument))
    return found[target]


def within(root: Path, command: list[str], before: str = "") -> list[str]:
    """Give the command that runs another in a system's folder, with processes of its own.

    `before` is a line of shell that runs in the same namespace, outside the folder.
    """
    line = f'{before} exec chroot {shlex.join(command[:-1])} "$0"'
    space = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc"]
    return [*space, "sh", "-c", line, command[-1]]


@dataclass
class Image:
    """An image: the folder of a system, and what the Dockerfile says about its start."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH, "HOME": "/root"})
    user: str = "root"
    folder: str = "/"
    cmd: list[str] = field(default_factory=list)
    health: str = ""

    def command(self, shell: str, env: dict[str, str] | None = None, before: str = "") -> list[str]:
        """Give the command that runs a line of shell as the image would."""
        settings = [f"{name}={value}" for name, value in {**self.env, **(env or {})}.items()]
        line = f"cd {self.folder} && {shell}"
        user = [f"--userspec={self.user}", "--groups="] if self.user != "root" else []
        chroot = [*user, str(self.root), "env", "-i", *settings, "sh", "-c", line]
        return within(self.root, chroot, before)

    def do(self, name: str, argument: str, context: Path) -> None:
        """Carry out one instruction."""
        match name:
            case "ENV":
                self.env |= dict(setting.split("=", 1) for setting in shlex.split(argument))
            case "RUN":
                subprocess.run(self.command(argument), check=True)
            case "COPY":
                self.copy(argument.split(), context)
            case "USER":
                self.user = argument
                self.env["HOME"] = f"/home/{argument}"
            case "WORKDIR":
                self.folder = argument
                self.inside(argument).mkdir(parents=True, exist_ok=True)
            case "CMD":
                self.cmd = json.loads(argument)
            case "HEALTHCHECK":
                self.health = argument.split("CMD ", 1)[1]
            case "EXPOSE":
                pass
            case _:
                raise ValueError(f"no step of this Dockerfile so far: {name}")

    def inside(self, path: str) -> Path:
        """Give the place of a path of the image on this machine."""
        return self.root / path.lstrip("/")

    def copy(self, words: list[str], context: Path) -> None:
        """Copy files, and the contents of folders, from the context."""
        mode = next((int(word[8:], 8) for word in words if word.startswith("--chmod=")), None)
        *sources, target = (word for word in words if not word.startswith("--"))
        place = self.inside(target)
        for source in sources:
            found = sorted(context.glob(source))
            assert found, f"COPY {source}: there is no such file"
            for path in found:
                if path.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(path, place, dirs_exist_ok=True, ignore=ignored)
                    continue
                to = place / path.name if target.endswith("/") else place
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)
                to.chmod(mode or 0o644)


def fresh_python(root: Path, base: str) -> None:
    """Lay a fresh Debian into a folder, with Python where Docker's official image has it."""
    version, suite = re.fullmatch(r"python:([\d.]+)-slim-(\w+)", base).groups()
    needs = "--include=ca-certificates,python3,python3-venv"
    subprocess.run(["debootstrap", "--variant=minbase", needs, suite, root], check=True)
    image = Image(root)
    for file in map(Path, REACH):
        shutil.copyfile("/" / file, root / file)
    image.env["EXPECTED"] = version
    check = 'import os, sys; assert "%d.%d" % sys.version_info[:2] == os.environ["EXPECTED"]'
    subprocess.run(image.command(f"python3 -c '{check}'"), check=True)
    subprocess.run(image.command("python3 -m venv /usr/local"), check=True)


def build(dockerfile: Path, target: str, context: Path, root: Path, base: Path) -> Image:
    """Build a stage in the folder `root`, from the fresh system in the folder `base`."""
    (_, begin), *others = steps(dockerfile, target)
    if not base.exists():
        fresh_python(base, begin)
    subprocess.run(["cp", "--archive", base, root], check=True)
    image = Image(root)
    for name, argument in others:
        print(f"{target}: {name} {argument}", flush=True)
        image.do(name, argument, context)
    return image


def size(root: Path) -> int:
    """Give the megabytes of the files of an image."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) // 10**6
