# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A booted Debian with systemd, in a container of its own: what the package meets on a real system."""

import atexit
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import program
from package import cached, call, field
from waiting import wait_until

TOOLS = ("mmdebstrap", "systemd-nspawn", "nsenter", "unshare", "dpkg-buildpackage", "dh")

# What a node has beside the gateway and the libraries it depends on.
PACKAGES = ("systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "redis-server")
SLIM = (
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)

# In a mount name space of its own: a writable layer in memory over the image, and a control group for the machine.
# All of it is gone with the last process, so no run changes the image or leaves a mount behind.
BOOT = """
set -e
image=$1 work=$2
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t tmpfs -o mode=755 tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
above=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
mkdir "$above/eventsgw-boot-$$"
echo $$ >"$above/eventsgw-boot-$$/cgroup.procs"
systemd-nspawn --directory="$work/root" --machine=eventsgw-$$ --boot --private-network --register=no --keep-unit \\
    --quiet --link-journal=no --resolv-conf=off --timezone=off --console=read-only || true
echo $$ >"$above/cgroup.procs"
find "$above/eventsgw-boot-$$" -depth -type d -exec rmdir {} +
"""

# Joins the control group of the machine's first process before entering, which nsenter does not do by itself. The path
# of a group outside the machine begins with "/../" in there, and logind of systemd 257 refuses the calls of a process
# with such a path (EUNATCH).
ENTER = """
leader=$1
shift
echo 0 >"/proc/$leader/root/sys/fs/cgroup/init.scope/cgroup.procs" && exec nsenter --target="$leader" --all "$@"
"""


def _os_release():
    with contextlib.suppress(FileNotFoundError):
        text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
        return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    return {}


def _obstacle():
    """Why no machine can be booted here, or None."""
    if os.geteuid() != 0:
        return "booting a machine needs root"
    if _os_release().get("ID") != "debian":
        return "the machine is a Debian, and is made on Debian"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return "no mount name space here"
    return None


def require():
    """Skips the calling tests where no machine can be booted; with EVENTSGW_BOOT_REQUIRED, as in CI, it fails them."""
    if os.environ.get("EVENTSGW_SANITIZED") == "1":
        raise unittest.SkipTest("the package is built without sanitizers, and once is enough")
    obstacle = _obstacle()
    if obstacle and os.environ.get("EVENTSGW_BOOT_REQUIRED"):
        raise RuntimeError(obstacle)
    if obstacle:
        raise unittest.SkipTest(obstacle)


def make_image(package):
    """The root directory of a small Debian of this machine's release that has what the package depends on."""
    suite = _os_release()["VERSION_CODENAME"]
    depends = re.findall(r"(?:^|, )([a-z0-9.+-]+)", field(package, "Depends"))
    mirror = [os.environ["EVENTSGW_BOOT_MIRROR"]] if os.environ.get("EVENTSGW_BOOT_MIRROR") else []
    recipe = ["--variant=minbase", f"--include={','.join([*PACKAGES, *sorted(depends)])}", *SLIM, suite]
    with cached(f"image-{hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]}") as target:
        if not target.exists():
            shutil.rmtree(f"{target}.new", ignore_errors=True)
            call(["mmdebstrap", *recipe, f"{target}.new", *mirror])
            os.rename(f"{target}.new", target)
    return target


class Machine:
    """A machine that has booted. Its files are those of the image, with a layer of its own above them."""

    def __init__(self, image):
        self._work = tempfile.TemporaryDirectory(prefix="eventsgw-boot-")
        self._console = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", BOOT, "sh", str(image), self._work.name],
            stdin=subprocess.DEVNULL,
            stdout=self._console,
            stderr=subprocess.STDOUT,
        )
        self._leader = None
        atexit.register(self.close)
        self._leader = wait_until(self._find_leader, lambda: f"a machine: {self.console()}")
        wait_until(self._is_running, lambda: f"the end of the boot: {self.console()}")

    def _find_leader(self):
        """The container's first process: a child of systemd-nspawn that has become an init."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the machine does not start: {self.console()}")
        for nspawn in _children(self._process.pid):
            for pid in _children(nspawn):
                with contextlib.suppress(OSError):
                    if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii") == "systemd\n":
                        return pid
        return None

    def _is_running(self):
        return self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")

    def console(self):
        self._console.seek(0)
        return self._console.read().decode(errors="replace")[-4000:]

    def path(self, path):
        """The machine's file as it is seen from here. No part of the path may be an absolute symbolic link."""
        return pathlib.Path(f"/proc/{self._leader}/root{path}")

    def write(self, path, text, mode=0o644, owner=0):
        """Replaces the file in one step, as those who write a configuration do."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(target.name + ".new")
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        os.chown(new, owner, owner)
        new.rename(target)

    def read(self, path):
        try:
            return self.path(path).read_bytes().decode()
        except FileNotFoundError:
            return ""

    def run(self, *command, check=True):
        """What a command of the machine's root prints."""
        done = subprocess.run(
            ["sh", "-c", ENTER, "sh", str(self._leader), *command],
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=program.RUN_LIMIT_SECONDS,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout.decode()

    def signal(self, number, pid):
        """To a process by its number in the machine."""
        self.run("sh", "-c", f"kill -{int(number)} {int(pid)}")

    def journal(self, *matches):
        """The records, oldest first, each a dictionary of its fields."""
        lines = self.run("journalctl", "--output=json", "--no-pager", *matches).splitlines()
        return [json.loads(line) for line in lines]

    def close(self):
        """Ends it, in order if it can; whatever it runs goes with its first process."""
        atexit.unregister(self.close)
        for number in (signal.SIGRTMIN + 3, signal.SIGKILL):
            if self._leader is not None and self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._leader, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
                break
        else:
            self._process.kill()
            self._process.wait()
        self._console.close()
        self._work.cleanup()


def _children(pid):
    with contextlib.suppress(OSError):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
