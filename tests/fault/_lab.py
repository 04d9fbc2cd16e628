# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault lab: what tests use to break disks, devices, servers and clocks under a real program.

    with PowerCutDisk(64) as disk:
        with Program(["lectern", "record", ..., "--out", disk.path + "/lesson"]) as recorder:
            time.sleep(random.uniform(2, 20))
            cut = disk.cut()                 # what a machine finds after its plug was pulled now
        judge(cut.path + "/lesson", cut.at)

Everything here is a context manager that undoes what it did, whatever happened inside, and ends only
processes it started, by their number. Disks need root, or sudo without a password: see `need_root`.
Moments are seconds of CLOCK_MONOTONIC (`time.monotonic`), the clock recordings and stamps run on.
"""

import contextlib
import ctypes
import itertools
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))  # for whoever imports this

SOURCE = pathlib.Path(os.environ.get("LCT_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("LCT_BIN", SOURCE / "build/bin"))
TOOLS = pathlib.Path(os.environ.get("LCT_TOOLS", SOURCE / "build/tests"))
DEEP = os.environ.get("LCT_DEEP", "0") not in ("", "0", "OFF")
SKIPPED = 77  # the exit status that says so
PATIENCE = 3  # times what a quiet machine is given
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def skip(why):
    """Ends a test that cannot run on this machine."""
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def need_root():
    if os.geteuid() and run(["sudo", "-n", "true"], check=False).returncode:
        skip("mounting needs root, or sudo without a password")


def run(command, check=True, timeout=120, **more):
    """Runs a command to its end, its output kept as text; a failure shows that output."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                          timeout=timeout, check=False, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")
    return done


def as_root(command):
    return command if os.geteuid() == 0 else ["sudo", "-n", *command]


def run_as_root(command, **more):
    return run(as_root([str(word) for word in command]), **more)


def wait_until(condition, seconds=10, what="it"):
    """Waits until condition() is true and returns what it returned; seconds: the most, on a machine that does
    nothing else."""
    deadline = time.monotonic() + PATIENCE * seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE * seconds} s for {what}")
        time.sleep(0.02)
    return result


def program(name):
    """The path of one of the product's programs, or of a helper in tests/tools."""
    for folder in (BIN, TOOLS):
        if (folder / name).is_file():
            return str(folder / name)
    raise FileNotFoundError(f"{name} is not built: it is neither in {BIN} nor in {TOOLS}")


# ---- processes ----------------------------------------------------------------------------------


def _die_with_parent():
    # A test that is killed must not leave its recorder behind. (Lost at a sudo: root's programs
    # are ended by their owners' `close`.)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Program:
    """A process we started, with all it prints in `log`. Ends with the block: SIGTERM, then SIGKILL."""

    def __init__(self, command, env=None, cwd=None, log=None):
        self.command = [str(word) for word in command]
        self._log = open(log, "w+b") if log else tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self._log,
                                        stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True,
                                        env={**os.environ, **(env or {})}, preexec_fn=_die_with_parent)
        self.started = time.monotonic()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode(
            errors="replace")

    def alive(self):
        return self.process.poll() is None

    def wait(self, seconds=30):
        """Waits for its end and returns its exit status (negative: the signal that ended it)."""
        return self.process.wait(seconds)

    def signal(self, number):
        """One signal to this process, not to its children."""
        if self.alive():
            self.process.send_signal(number)

    def kill9(self):
        """SIGKILL; returns the moment it was sent. Children that a supervisor left go with `close`."""
        at = time.monotonic()
        self.signal(signal.SIGKILL)
        self.process.wait(10)
        return at

    def close(self):
        for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 10)):
            # The group was made by start_new_session and holds this process and its descendants.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def kill9_after(command, shortest, longest, env=None, cwd=None):
    """Starts a command and kills it at a random moment. Returns (moment of the kill, its output)."""
    with Program(command, env=env, cwd=cwd) as victim:
        time.sleep(random.uniform(shortest, longest))
        if not victim.alive():
            raise RuntimeError(f"ended by itself, too early: {victim.command}\n{victim.log}")
        return victim.kill9(), victim.log


class CpuQuota:
    """Gives a process (and what it starts later) only so many percent of one CPU.

    By a cpu control group where we may make one; otherwise by stopping and continuing it 10 times a
    second, which starves it in the mean but in larger lumps.
    """

    def __init__(self, pid, percent):
        self.pid, self.percent = pid, percent

    def __enter__(self):
        self._group = self._done = None
        for root, is_v1 in (("/sys/fs/cgroup/cpu", True), ("/sys/fs/cgroup", False)):
            group = pathlib.Path(root) / f"lectern-test-{self.pid}"
            with contextlib.suppress(OSError):
                self._join(group, is_v1)
                self.how = "cgroup v1" if is_v1 else "cgroup v2"
                return self
            with contextlib.suppress(OSError):
                group.rmdir()
        self.how = "stop and continue"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._stop_and_continue)
        self._thread.start()
        return self

    def _join(self, group, is_v1):
        group.mkdir()
        if is_v1:
            (group / "cpu.cfs_period_us").write_text("100000")
            (group / "cpu.cfs_quota_us").write_text(str(self.percent * 1000))
        else:
            (group / "cpu.max").write_text(f"{self.percent * 1000} 100000")
        self._home = self._membership(is_v1)
        (group / "cgroup.procs").write_text(str(self.pid))
        self._group = group

    def _membership(self, is_v1):
        for line in pathlib.Path(f"/proc/{self.pid}/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if is_v1 and "cpu" in names.split(","):
                return pathlib.Path("/sys/fs/cgroup/cpu" + path)
            if not is_v1 and not names:
                return pathlib.Path("/sys/fs/cgroup" + path)
        raise OSError("in no group of this kind")

    def _stop_and_continue(self):
        run_s = self.percent / 1000
        with contextlib.suppress(ProcessLookupError):
            while not self._done.wait(run_s):
                os.kill(self.pid, signal.SIGSTOP)
                self._done.wait(0.1 - min(run_s, 0.1))
                os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGCONT)

    def __exit__(self, *_):
        if self._done:
            self._done.set()
            self._thread.join()
        if self._group:
            for pid in (self._group / "cgroup.procs").read_text().split():
                with contextlib.suppress(OSError):
                    (self._home / "cgroup.procs").write_text(pid)
            wait_until(self._remove_group, what="the control group to empty")

    def _remove_group(self):
        with contextlib.suppress(OSError):
            self._group.rmdir()
        return not self._group.exists()


# ---- disks --------------------------------------------------------------------------------------


class Scratch:
    """A folder in memory, so that what is measured is the file system under test and not this disk."""

    def __init__(self):
        here = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lectern-test-", dir=here))
        self._undo = contextlib.ExitStack()
        self._undo.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def close(self):
        self._undo.close()

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _open(self):
        pass

    def _make_ext4(self, image, size_mb):
        with open(image, "wb") as file:
            file.truncate(size_mb << 20)
        run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-E",
             f"root_owner={os.getuid()}:{os.getgid()},nodiscard", image])

    def _mount(self, image, name, *options):
        """Loop-mounts an image at <folder>/<name> until `close`."""
        place = self.folder / name
        place.mkdir()
        device = run_as_root(["/usr/sbin/losetup", "--find", "--show", image]).stdout.strip()
        self._undo.callback(run_as_root, ["/usr/sbin/losetup", "--detach", device], check=False)
        run_as_root(["mount", "-t", "ext4", "-o", ",".join(["noatime", *options]), device, place])
        self._undo.callback(self._unmount, place)
        return place

    @staticmethod
    def _unmount(place):
        # Programs of the test may still close their files; a lazy unmount would hide who does not.
        for _ in range(50):
            if run_as_root(["umount", place], check=False).returncode == 0:
                return
            time.sleep(0.1)
        run_as_root(["umount", "--lazy", place], check=False)
        print(f"warning: {place} was still in use", file=sys.stderr)


class FaultDisk(Scratch):
    """A folder served by tests/tools/faultfs; tell() gives it the commands described there.

        disk.tell("fail fdatasync EIO after=3 count=1 path=camera")
        disk.tell("freeze write"); …; disk.tell("release")
    """

    def __init__(self, root=False):
        super().__init__()
        self._as_root = root

    def _open(self):
        self.backing = self.folder / "backing"
        self.path = str(self.folder / "disk")
        self._socket = str(self.folder / "control")
        self.backing.mkdir()
        os.mkdir(self.path)
        command = [program("faultfs"), self.backing, self.path, self._socket]
        self.server = Program(as_root(command) if self._as_root else command)
        self._undo.callback(self._stop)
        wait_until(lambda: os.path.ismount(self.path) and os.path.exists(self._socket),
                   what="faultfs to mount\n" + self.server.log)

    def tell(self, command):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.settimeout(60)
            control.connect(self._socket)
            control.send(command.encode())
            answer = control.recv(4096).decode()
        if answer.startswith("error"):
            raise ValueError(f"faultfs: {command}: {answer}")
        return answer

    def stats(self):
        """{operation: calls so far, "used": bytes}"""
        return {name: int(count) for name, count in
                (pair.split("=") for pair in self.tell("stats").split())}

    def _stop(self):
        with contextlib.suppress(OSError):
            self.tell("clear")  # a frozen call would keep the mount busy
        unmount = ["umount", self.path] if self._as_root else ["fusermount3", "-u", self.path]
        for _ in range(50):
            if (run_as_root if self._as_root else run)(unmount, check=False).returncode == 0:
                break
            time.sleep(0.1)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(5)
        self.server.close()


class SmallDisk(Scratch):
    """A real ext4 of a few megabytes, for what a full disk does."""

    def __init__(self, size_mb=64):
        super().__init__()
        self._size_mb = size_mb

    def _open(self):
        image = self.folder / "image"
        self._make_ext4(image, self._size_mb)
        self.path = str(self._mount(image, "disk"))
        self._ballast = os.path.join(self.path, "ballast")

    def free(self):
        st = os.statvfs(self.path)
        return st.f_bavail * st.f_frsize

    def fill(self, leave=0):
        """Takes all space but `leave` bytes."""
        with open(self._ballast, "ab") as file:
            step = self.free()
            while step >= 4096:  # programs may be writing here, too
                step = min(step, self.free() - leave)
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, max(step, 1))
                except OSError:
                    step //= 2

    def make_room(self):
        os.unlink(self._ballast)


class Cut:
    """What was on the disk at one instant: `path` is the mounted copy, `at` the moment it is of."""

    def __init__(self, path, at, repaired):
        self.path, self.at, self.repaired = path, at, repaired


class PowerCutDisk(Scratch):
    """An ext4 whose plug can be pulled, again and again, while programs go on using it.

        ext4 (path) -> loop device -> image file in faultfs -> the same file on tmpfs

    cut() freezes the writes in faultfs. What is then in the image on tmpfs is what had reached the
    disk: neither ext4's nor the block layer's cached pages are in it, as they would not be after a
    power cut. (The cache inside a real drive, which may reorder until it is told to flush, is not
    modelled.) The image is copied, the writes are released, and the copy is checked and mounted as
    the next boot would do.
    """

    def __init__(self, size_mb=64):
        super().__init__()
        self._size_mb = size_mb
        self._cuts = 0

    def _open(self):
        self.disk = FaultDisk(root=True)
        self._undo.callback(self.disk.close)
        self.disk.__enter__()
        self._image = self.disk.backing / "image"
        self._make_ext4(self._image, self._size_mb)
        self.path = str(self._mount(os.path.join(self.disk.path, "image"), "disk"))

    def cut(self, writable=False):
        """Returns a Cut, mounted until this disk is closed; read-only if not `writable`."""
        self._cuts += 1
        copy = self.folder / f"copy-{self._cuts}"
        try:
            self.disk.tell("freeze write fallocate truncate")
            at = time.monotonic()
            run(["cp", "--sparse=always", self._image, copy])
        finally:
            self.disk.tell("release")
        check = run(["/usr/sbin/e2fsck", "-p", copy], check=False)
        if check.returncode > 1:  # 1: errors were corrected, as at a boot
            raise RuntimeError(f"e2fsck gave the disk up:\n{check.stdout}{check.stderr}")
        place = self._mount(copy, f"cut-{self._cuts}", *([] if writable else ["ro"]))
        return Cut(str(place), at, check.returncode == 1)


# ---- devices and servers ------------------------------------------------------------------------


class Restartable:
    """A server that a test kills and starts again at the same address."""

    server = None

    def start(self):
        raise NotImplementedError

    def kill(self):
        """SIGKILL; returns the moment."""
        at = self.server.kill9()
        self.server.close()
        return at

    def restart(self):
        self.kill()
        self.start()

    def freeze(self):
        self.server.signal(signal.SIGSTOP)

    def thaw(self):
        self.server.signal(signal.SIGCONT)

    def close(self):
        if self.server:
            self.thaw()
            self.server.close()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()


class Screen(Restartable):
    """An Xvfb on a display of its own; `display` is ":N", `env` what its clients need.

    With stamped=True a program draws the time into its top left corner (tests/tools/stampscreen).
    """

    # From this process's number and not the lowest free one: other tests would take the display of a
    # server that was killed and is to come back. (tests/support/xvfb.c chooses alike.)
    _numbers = (5000 + (os.getpid() + i * 7919) % 50000 for i in itertools.count())

    def __init__(self, width=1280, height=720, stamped=False, fps=25):
        self._size = f"{width}x{height}x24"
        self._stamped, self._fps = stamped, fps
        self.display = None
        self.painter = None

    @property
    def env(self):
        return {"DISPLAY": self.display}

    def start(self):
        # The display of the first time is asked for again: clients come back to it.
        if self.display:
            up = self._start_server()
        else:
            up = any(self._start_server(number) for number in itertools.islice(self._numbers, 20))
        if not up:
            raise RuntimeError(f"no X server comes up on {self.display}")
        if self._stamped:
            self.painter = Program([program("stampscreen"), self._fps], env=self.env)
            wait_until(lambda: "ready" in self.painter.log, what="stampscreen")

    def _start_server(self, number=None):
        """False when the server ended at once: the display is taken."""
        self.display = f":{number}" if number else self.display
        # A shell opens the file into which Xvfb writes its number, when it is ready.
        with tempfile.NamedTemporaryFile() as told:
            self.server = Program(["bash", "-c", 'exec 9>"$1"; shift; exec Xvfb "$@"', "Xvfb",
                                   told.name, self.display, "-displayfd", "9", "-screen", "0",
                                   self._size, "-nolisten", "tcp"])
            wait_until(lambda: os.path.getsize(told.name) or not self.server.alive(), 30, what="Xvfb")
            up = self.server.alive()
        if not up:
            self.server.close()
        return up

    def kill(self):
        at = super().kill()
        self._stop_painting()
        return at

    def _stop_painting(self):
        if self.painter:
            self.painter.close()
            self.painter = None

    def close(self):
        self._stop_painting()
        super().close()


class Pulse(Restartable):
    """A PulseAudio of the test's own: sink "room" with a tone, recorded from "room.monitor" or "mic".

    `env` is what its clients need. unplug() and plug() take the source "mic" away and bring it back.
    A sink that is no device gives its sound every 2 s, until a client wants it sooner; so that "mic"
    speaks at once, as a real one does, a client is there all the time.
    """

    listener = None

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lectern-pulse-")
        self.env = {"XDG_RUNTIME_DIR": self.folder, "PULSE_RUNTIME_PATH": self.folder + "/pulse",
                    "PULSE_STATE_PATH": self.folder + "/state", "PULSE_COOKIE": self.folder + "/cookie",
                    "PULSE_SERVER": f"unix:{self.folder}/native"}

    def start(self):
        self.server = Program(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.folder}/native",
             "-L", "module-null-sink sink_name=room rate=48000",
             "-L", "module-sine sink=room frequency=440"], env=self.env)
        wait_until(lambda: self.pactl("info", check=False).returncode == 0, what="PulseAudio")
        self.listener = Program(["parec", "--device=room.monitor", "--raw", "--latency-msec=10",
                                 "--rate=8000", "--channels=1", "--format=u8"], env=self.env)
        wait_until(lambda: self.listener.log, what="the first sound")
        self.plug()

    def pactl(self, *words, check=True):
        return run(["pactl", *words], check=check, env={**os.environ, **self.env})

    def plug(self):
        self._microphone = self.pactl("load-module", "module-remap-source", "source_name=mic",
                                      "master=room.monitor", "remix=no").stdout.strip()

    def unplug(self):
        self.pactl("unload-module", self._microphone)

    def kill(self):
        at = super().kill()
        self._stop_listening()
        return at

    def _stop_listening(self):
        if self.listener:
            self.listener.close()
            self.listener = None

    def close(self):
        self._stop_listening()
        super().close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Camera(Restartable):
    """An IP camera (tests/tools/rtspserver with these options) at `url`, the same after a restart."""

    def __init__(self, *options):
        self._options = [str(word) for word in options]
        self._port = 0
        self.url = None

    def start(self):
        self.server = Program([program("rtspserver"), "--port", self._port, *self._options])
        wait_until(lambda: "rtsp://" in self.server.log or not self.server.alive(), what="rtspserver")
        if not self.server.alive():
            raise RuntimeError(self.server.log)
        self.url = self.server.log[self.server.log.index("rtsp://"):].split()[0]
        self._port = int(self.url.split(":")[2].split("/")[0])


class WallClock:
    """A wall clock that can jump, for programs started with `env`; their monotonic clock does not.

    Debian 12's libfaketime breaks two ways of waiting on the monotonic clock: clock_nanosleep with
    TIMER_ABSTIME fails with EINVAL (so Python's time.sleep does), and pthread_cond_timedwait on such a
    condition returns at once unless FAKETIME_FORCE_MONOTONIC_FIX=0 is given, as it is here.
    """

    def __init__(self):
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if not library:
            skip("libfaketime is not installed")
        self._folder = tempfile.mkdtemp(prefix="lectern-clock-")
        file = pathlib.Path(self._folder, "offset")
        self._file = file
        self.jump(0)
        self.env = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(file),
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_FORCE_MONOTONIC_FIX": "0"}

    def jump(self, seconds):
        """From now on the wall clock is so many seconds off."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.replace(self._file)  # whole or not at all: it is read at any moment

    def close(self):
        shutil.rmtree(self._folder, ignore_errors=True)
        for left in pathlib.Path("/dev/shm").glob("*faketime_*_*"):  # by programs that were killed
            if not os.path.exists(f"/proc/{left.name.rsplit('_', 1)[1]}"):
                with contextlib.suppress(OSError):
                    left.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
