# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The packages of the current tree. What takes long to make is kept in a cache outside the tree."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

import program

CACHE = pathlib.Path(
    os.environ.get("EVENTSGW_BOOT_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "eventsgw-boot")
)


@contextlib.contextmanager
def cached(name):
    """A path in the cache under a lock; whoever finds nothing there makes it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE / name


def call(command, **options):
    """Runs a command whose output nobody needs unless it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command}: status {done.returncode}\n{done.stdout.decode(errors='replace')[-4000:]}")
    return done.stdout.decode()


def make(*arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if not re.match("MAKE|MFLAGS|EVENTSGW", name)}
    call(["make", "-C", program.TOP, *arguments], env=environment | variables)


def _digest_of_sources(directory):
    """Of everything that the package is made of: the tests are not in it."""
    make("dist", f"DIST_DIR={directory}")
    (tarball,) = pathlib.Path(directory).glob("*.tar.gz")
    digest = hashlib.sha256()
    with tarfile.open(tarball) as tar:
        for member in tar:
            path = member.name.partition("/")[2]
            if member.isfile() and not path.startswith(("t/", ".ci/")):
                digest.update(f"{path} {member.mode} {member.size}\n".encode())
                digest.update(tar.extractfile(member).read())
    return digest.hexdigest()[:16]


def build_package():
    """The directory with the Debian package of the current tree; `make deb` runs where the tree has changed."""
    with tempfile.TemporaryDirectory(prefix="eventsgw-deb-") as directory:
        with cached(f"deb-{_digest_of_sources(directory)}") as target:
            if not target.exists():
                # Line numbers are debug information enough to test with, and the program is the same.
                make("deb", f"PACKAGE_DIR={directory}", DEB_CXXFLAGS_APPEND="-g1")
                shutil.copytree(os.path.join(directory, "deb"), f"{target}.new")
                os.rename(f"{target}.new", target)
    return target


def package_file(directory):
    (file,) = directory.glob("eventsgw_*.deb")
    return file


def field(package, name):
    return call(["dpkg-deb", "--field", str(package), name]).strip()


def repack(package, version, directory):
    """The same package under another version."""
    tree = os.path.join(directory, "tree")
    call(["dpkg-deb", "--raw-extract", str(package), tree])
    control = pathlib.Path(tree, "DEBIAN", "control")
    control.write_text(re.sub("(?m)^Version: .*", f"Version: {version}", control.read_text(encoding="utf-8")))
    target = pathlib.Path(directory, f"eventsgw_{version}.deb")
    call(["dpkg-deb", "--root-owner-group", "--build", tree, str(target)])
    return target
