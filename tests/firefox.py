"""Firefox for tests, by WebDriver BiDi, since Playwright drives only a Firefox of its own."""

import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
import websocket

NO_FIREFOX = "No Firefox found: its tests were left out. On Debian: apt install firefox-esr"
SECONDS = 120  # that a command may take


def find_firefox() -> str:
    """Give the path of Firefox. Without it skip the test, or fail in CI."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None and os.environ.get("CI"):
        pytest.fail(NO_FIREFOX)
    return found or pytest.skip(NO_FIREFOX)


class Firefox:
    """A tab of a headless Firefox with a profile of its own. Close it at the end."""

    def __init__(self, profile: Path):
        self.complaints = []
        self.commands = 0
        self.process = subprocess.Popen(
            [
                *(find_firefox(), "--headless", "--no-remote", "--remote-debugging-port=0"),
                *("--profile", str(profile)),
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        lines = iter(self.process.stderr.readline, "")
        address = next(match[0] for line in lines if (match := re.search(r"ws://\S+", line)))
        # Firefox would stand still if nobody read on.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.socket = websocket.create_connection(
            f"{address}/session", timeout=SECONDS, suppress_origin=True
        )
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        tabs = self.command("browsingContext.getTree")["contexts"]
        self.context = tabs[0]["context"]

    def command(self, method: str, **params):
        self.commands += 1
        self.socket.send(json.dumps({"id": self.commands, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.commands:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]
            if answer["params"].get("level") == "error":
                self.complaints.append(answer["params"]["text"])

    def goto(self, address: str):
        self.command("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def evaluate(self, function: str, argument=None):
        """Call a function of JavaScript, as Playwright does, and give what it returns."""
        answer = self.command(
            "script.callFunction",
            functionDeclaration=f"""async (text) =>
              JSON.stringify(await ({function})(JSON.parse(text)))""",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)
