"""Starts the Firefox that `.ci/browser` found or installed, without a screen, and leaves nothing of it."""

import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Ends all of Firefox when its own input ends: the tests closed it, or are gone, however that happened.
GUARD = """
folder=$1; shift
"$@" </dev/null & exec 2>&-
trap : TERM
read -r _
kill -- "-$$"; wait
rm -rf -- "$folder"
"""
# Firefox says so on its standard error once it may be driven (remote/webdriver-bidi/WebDriverBiDi.sys.mjs).
LISTENS = "WebDriver BiDi listening on "
START_S = 60.0
DRIVEN = ("--remote-debugging-port=0", "about:blank")
PREFERENCES: Mapping[str, bool | int | str] = {
    # A camera and a microphone that need no device and no question.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # No word to anybody outside, no first-run pages, no check of updates, no captive portal, no DNS of its own.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "captivedetect.canonicalURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.provider.testing": True,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "remote.prefs.recommended": True,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "signon.autofillForms": False,
    "toolkit.cosmeticAnimations.enabled": False,
    "toolkit.telemetry.server": "",
}


def firefox_path() -> str | None:
    """The browser that `.ci/browser` found or installed."""
    for name in (os.environ.get("TITRATE_FIREFOX", "firefox-esr"), "firefox-esr", "firefox"):
        if path := shutil.which(name):
            return path
    return None


@contextmanager
def running() -> Iterator[str]:
    """A Firefox of one's own; gives the address of its BiDi socket. One session at a time: `wire.session`.

    Raises RuntimeError, with what Firefox said, when there is none or it does not come up.
    """
    path = firefox_path()
    if path is None:
        raise RuntimeError("there is no Firefox: run .ci/browser, or name one in TITRATE_FIREFOX")
    with tempfile.TemporaryDirectory(prefix="titrate-firefox-", ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(_user_js(PREFERENCES), encoding="utf-8")
        child = subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                GUARD,
                "sh",
                folder,
                path,
                "--headless",
                "--no-remote",
                "--profile",
                str(profile),
                *DRIVEN,
            ],
            env={**os.environ, "HOME": folder, "MOZ_CRASHREPORTER_DISABLE": "1", "MOZ_DISABLE_AUTO_SAFE_MODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(child, said), daemon=True)
        reader.start()
        try:
            yield f"{_address(said)}/session"
        finally:
            _end(child)
            reader.join(5)


def _user_js(preferences: Mapping[str, bool | int | str]) -> str:
    def written(value: bool | int | str) -> str:
        return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'

    return "".join(f'user_pref("{name}", {written(value)});\n' for name, value in preferences.items())


def _read(child: subprocess.Popen[str], said: "queue.SimpleQueue[str | None]") -> None:
    """To its end, or Firefox would wait for somebody to read."""
    assert child.stderr is not None
    with child.stderr:
        for line in child.stderr:
            said.put(line)
    said.put(None)


def _address(said: "queue.SimpleQueue[str | None]") -> str:
    lines = []
    try:
        while (line := said.get(timeout=START_S)) is not None:
            if line.startswith(LISTENS):
                return line.removeprefix(LISTENS).strip()
            lines.append(line)
    except queue.Empty:
        pass
    raise RuntimeError(f"Firefox did not come up: {''.join(lines)[-2000:]}")


def _end(child: subprocess.Popen[str]) -> None:
    """All its processes: it has one for each window, one for pictures, one for the network."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
