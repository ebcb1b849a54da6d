"""A class on one machine: images, hub and limits fit together; `pytest --live` plays them through.

No container engine is asked for. As root on Linux, with `debootstrap`, the steps of the Dockerfile
are carried out in a fresh Debian, and the hub starts a learner's server there.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from engine import Engine
from image import Image, build, size, steps
from test_notebooks import NOTEBOOKS
from traitlets.config import Config

CLASSROOM = ROOT / "classroom"
DOCKERFILE = CLASSROOM / "Dockerfile"
COMPOSE = yaml.safe_load((CLASSROOM / "compose.yaml").read_text("utf-8"))
HUB = COMPOSE["services"]["hub"]
sys.path.insert(0, str(CLASSROOM))
import limits  # noqa: E402
import measure  # noqa: E402

MEASURED = json.loads((CLASSROOM / "measured.json").read_text("utf-8"))


def versions(path: Path) -> dict[str, str]:
    """Give the locked versions of a file, each of which has a hash."""
    text = path.read_text("utf-8").replace("\\\n", "")
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)(.*)", text, re.MULTILINE)
    assert all("--hash=sha256:" in rest for _, _, rest in found)
    return {name: version for name, version, _ in found}


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Config:
    """Load the hub's settings, with a class of two."""
    names = tmp_path_factory.mktemp("class") / "names.txt"
    names.write_text("ada\ngrace\n", "utf-8")
    source = (CLASSROOM / "jupyterhub_config.py").read_text("utf-8")
    there = {"__file__": str(CLASSROOM / "jupyterhub_config.py"), "get_config": Config}
    exec(source.replace("/srv/names.txt", names.as_posix()), there)
    return there["c"]


@pytest.mark.parametrize("target", ["learner", "hub"])
def test_images_copy_what_is_there(target):
    for name, argument in steps(DOCKERFILE, target):
        if name == "COPY":
            *sources, _ = (word for word in argument.split() if not word.startswith("--"))
            for source in sources:
                assert [*ROOT.glob(source)], source


@pytest.mark.parametrize(
    ("name", "lock"), [("learner.in", "requirements.txt"), ("hub.in", "hub_requirements.txt")]
)
def test_images_install_locked_versions_of_the_course(name, lock):
    found = versions(CLASSROOM / lock)
    wanted = re.findall(r"^([\w-]+)", (CLASSROOM / name).read_text("utf-8"), re.MULTILINE)
    assert set(wanted) <= set(found)
    for others in (ROOT / "requirements.txt", CLASSROOM / "requirements.txt"):
        same = versions(others)
        assert {package: same.get(package, found[package]) for package in found} == found


def test_a_learner_is_no_root():
    users = [argument for name, argument in steps(DOCKERFILE, "learner") if name == "USER"]
    assert users == ["learner"]


def test_hub_and_compose_agree(settings):
    assert settings.DockerSpawner.image == COMPOSE["services"]["learner"]["image"]
    assert settings.DockerSpawner.network_name == COMPOSE["networks"]["class"]["name"]
    assert "class" in HUB["networks"]
    assert settings.JupyterHub.hub_connect_ip in COMPOSE["services"]
    assert settings.JupyterHub.bind_url.endswith(HUB["ports"][0].split(":")[1])
    targets = [volume.split(":")[1] for volume in HUB["volumes"]]
    assert "/srv/names.txt" in targets
    assert dict(steps(DOCKERFILE, "hub"))["WORKDIR"] in targets
    (home,) = settings.DockerSpawner.volumes.values()
    assert home == dict(steps(DOCKERFILE, "learner"))["WORKDIR"]


def test_limits_follow_from_what_was_measured(settings):
    notebooks = {path.relative_to(ROOT / "book").with_suffix("").as_posix() for path in NOTEBOOKS}
    assert set(MEASURED) == notebooks | {"server"}
    learner = limits.measured()
    most = max(row["megabytes"] for name, row in MEASURED.items() if name != "server")
    assert learner.need == MEASURED["server"]["megabytes"] + most
    assert learner.limit >= learner.need + most
    assert settings.Spawner.mem_limit == f"{learner.limit}M"
    assert learner.learners(limits.RESERVE + 3 * learner.need) == 3
    assert learner.learners(limits.RESERVE + 3 * learner.need - 1) == 2
    assert settings.JupyterHub.active_server_limit >= 1
    assert (CLASSROOM / "measured.md").read_text("utf-8") == measure.tables(MEASURED)


def test_only_the_class_may_enter(settings):
    assert settings.Authenticator.allowed_users == {"ada", "grace"}
    assert settings.Authenticator.admin_users == {"ada"}
    assert settings.FirstUseAuthenticator.create_users is False


def test_server_knows_every_kind_of_file(built_book):
    types = re.search(r"types \{(.*?)\}", (CLASSROOM / "nginx.conf").read_text("utf-8"), re.S)[1]
    known = {f".{end}" for line in types.split(";") for end in line.split()[1:]}
    there = {path.suffix for path in built_book.rglob("*") if path.is_file()}
    assert there - known - {""} <= {".inv", ".map", ".buildinfo"}


# --- the trial


@pytest.fixture(scope="module")
def images(request, tmp_path_factory) -> dict[str, Image]:
    """Build both images in fresh systems."""
    if not request.config.option.live:
        pytest.skip("a few minutes: pytest --live")
    able = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("debootstrap")
    if not able:
        pytest.skip("needs root on Linux, and debootstrap")
    folder = tmp_path_factory.mktemp("images")
    return {
        target: build(DOCKERFILE, target, ROOT, folder / target, folder / "base")
        for target in ("learner", "hub")
    }


@pytest.fixture(scope="module")
def hub(images, tmp_path_factory) -> Iterator[Engine]:
    """Start the hub of a class of two, beside the stand-in of a container engine."""
    image = images["hub"]
    hosts = f"127.0.0.1 localhost hub {socket.gethostname()}\n"
    image.inside("/etc/hosts").write_text(hosts, "utf-8")
    image.inside("/srv/names.txt").write_text("ada\ngrace\n", "utf-8")
    name = COMPOSE["services"]["learner"]["image"]
    place = image.inside("/run/docker.sock")
    engine = Engine(place, {name: images["learner"]}, tmp_path_factory.mktemp("volumes"))
    started = subprocess.Popen(image.command(f"exec {' '.join(image.cmd)}"))
    try:
        wait(lambda: urllib.request.urlopen("http://127.0.0.1:8000/hub/health").status == 200, 60)
        assert subprocess.run(image.command(image.health), check=False).returncode == 0
        yield engine
    finally:
        engine.close()
        started.kill()
        started.wait()


def wait(is_so, seconds: float) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if is_so():
                return
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.5)


IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


def enter(page, name: str) -> None:
    """Log in for the first time, and wait for the notebook that the hub opens."""
    page.goto("http://127.0.0.1:8000/")
    page.fill("#username_input", name)
    page.fill("#password_input", f"{name} has a password")
    page.click("#login_submit")
    if name in ("ada", "grace"):
        page.wait_for_selector(IDLE, timeout=90_000)


def run_all(page) -> None:
    page.click(".lm-MenuBar-itemLabel >> text=Run")
    page.click(".lm-Menu-itemLabel >> text=Run All Cells")


def test_images_are_small(images):
    # With what a bare Debian brings, which the official image has less of.
    assert size(images["learner"].root) < 1_000
    assert size(images["hub"].root) < 700


def test_a_learner_runs_the_tour(hub, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    enter(page, "ada")
    (container,) = hub.containers.values()
    asked = container.asked["HostConfig"]
    learner = limits.measured()
    assert asked["Memory"] == learner.limit * 2**20
    assert asked["CpuQuota"] == asked["CpuPeriod"]
    assert asked["CapDrop"] == ["ALL"]
    assert container.is_healthy()
    saved = hub.volumes / "nn-course-ada" / "course" / "book" / "00_tour.ipynb"

    def has_run() -> bool:
        page.keyboard.press("Control+s")
        cells = json.loads(saved.read_text("utf-8"))["cells"]
        counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
        if not any(counts) and page.locator(IDLE).count():
            run_all(page)  # the kernel says that it is idle before it listens
            page.wait_for_timeout(3000)
        return all(counts)

    wait(has_run, 240)
    outputs = [
        out
        for cell in json.loads(saved.read_text("utf-8"))["cells"]
        for out in cell.get("outputs", [])
    ]
    assert outputs
    assert not [out for out in outputs if out["output_type"] == "error"]
    used = int((container.group / "memory.max_usage_in_bytes").read_text()) / 2**20
    assert used < learner.need

    # More than the limit ends the kernel, and not the server.
    greedy = json.loads(saved.read_text("utf-8"))
    greedy["cells"] = [cell for cell in greedy["cells"] if cell["cell_type"] == "code"][:1]
    greedy["cells"][0] |= {"source": f"x = b'1' * {2 * learner.limit * 2**20}", "outputs": []}
    (saved.parent / "greedy.ipynb").write_text(json.dumps(greedy), "utf-8")
    page.goto("http://127.0.0.1:8000/user/ada/lab/workspaces/other/tree/book/greedy.ipynb")
    page.wait_for_selector(IDLE)
    run_all(page)
    assert "died" in page.inner_text(".jp-Dialog", timeout=60_000)
    assert container.is_healthy()
    page.context.close()


def test_a_stranger_does_not_enter(hub, browser):
    page = browser.new_page()
    enter(page, "mallory")
    assert "Invalid" in page.inner_text(".login_error")
    page.context.close()


def test_nothing_was_asked_that_an_engine_does_not_know(hub):
    assert all(re.fullmatch(r"GET /containers/[\w-]+/json", line) for line in hub.refused)
