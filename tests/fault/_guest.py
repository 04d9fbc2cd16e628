# SPDX-License-Identifier: GPL-3.0-or-later
"""Real V4L2 and ALSA devices without hardware: Debian's stock kernel in QEMU, with vivid and snd-aloop.

    status, output, share = run_in_guest('''
        tone                                   # see qemu/devices.sh for what a script may use
        lectern record --source camera:/dev/video0 --out /run/share/lesson --duration 10 &
        sleep 5; camera_unplug; sleep 3; camera_plug
        wait $!
    ''', programs=["lectern"])

    with SystemdGuest(fill) as guest:          # systemd and udev in it; see qemu/systemd.sh
        guest.qmp("device_add", driver="usb-storage", …)
        guest.run("lsblk")

The guest sees this machine's root folder, read-only, so it runs the very programs that were built; it
writes to memory and to /run/share, which is `share` afterwards: a folder that the caller removes. The
CPU is emulated (KVM is not asked for: it may exist and hang), 10 to 20 times slower than this one:
good for what devices do, not for how fast.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from _lab import TOOLS, Program, program, run, skip, wait_until

HERE = pathlib.Path(__file__).resolve().parent / "qemu"
BUILT = TOOLS / "qemu"
MODULES = {  # with what they are loaded with
    "9p": "", "9pnet_virtio": "", "virtio_pci": "",
    # two devices with a capture node and one input each: a webcam (0) and an HDMI card (3)
    "vivid": "n_devs=2 node_types=0x1,0x1 num_inputs=1,1 input_types=0x0,0x3 num_outputs=0,0 no_error_inj=0",
    "snd_aloop": "pcm_substreams=1 id=Loopback index=0",
    # USB sticks
    "xhci_pci": "", "usb_storage": "", "sd_mod": "", "overlay": "",
    "crc32c_generic": "", "vfat": "", "nls_cp437": "", "nls_ascii": "", "nls_utf8": "", "exfat": "", "ext4": "",
}


UDEV = ("bin/udevadm", "lib/systemd/systemd-udevd", "lib/systemd/system", "lib/udev/rules.d", "lib/udev/scsi_id",
        "lib/udev/ata_id")  # of Debian's package, which machines without devices lack


def _kernel_package():
    depends = run(["apt-cache", "depends", "linux-image-amd64"], check=False).stdout
    names = [line.split()[-1] for line in depends.splitlines() if "Depends: linux-image-" in line]
    if not names:
        skip("apt knows no linux-image-amd64")
    return names[0]


def _in_order(folder, wanted):
    """Paths of the modules and of all they depend on, each after what it needs."""
    depends = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        depends[path] = needs.split()
    paths = {pathlib.Path(path).name.split(".")[0].replace("-", "_"): path for path in depends}
    ordered = {}
    for name in wanted:
        for path in [*reversed(depends[paths[name]]), paths[name]]:
            ordered.setdefault(path, MODULES.get(pathlib.Path(path).stem.replace("-", "_"), ""))
    return ordered


def _pack(root, initrd):
    tree = subprocess.run(["find", "."], cwd=root, stdout=subprocess.PIPE, check=True).stdout
    archive = subprocess.run(["busybox", "cpio", "-o", "-H", "newc"], cwd=root, input=tree,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    initrd.write_bytes(archive)


def _make_initrd(modules, initrd):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("bin", "lib"):
            (root / name).mkdir()
        shutil.copy("/bin/busybox", root / "bin/busybox")
        shutil.copy(HERE / "init", root / "init")
        (root / "init").chmod(0o755)
        lines = []
        for path, options in _in_order(modules, MODULES).items():
            shutil.copy(modules / path, root / "lib")
            lines.append(f"{pathlib.Path(path).name} {options}")
        (root / "modules").write_text("\n".join(lines) + "\n")
        _pack(root, initrd)


def _build():
    """Makes kernel and initrd once, from Debian's package, which is not installed."""
    package = _kernel_package()
    kernel, initrd, recipe = BUILT / "vmlinuz", BUILT / "initrd", BUILT / "recipe"
    made_of = package + (HERE / "init").read_text() + repr(MODULES) + repr(UDEV)
    if recipe.is_file() and recipe.read_text() == made_of:
        return kernel, initrd
    BUILT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT) as folder:
        run(["apt-get", "download", package, "udev"], cwd=folder, timeout=600)
        for deb in pathlib.Path(folder).glob("*.deb"):
            run(["dpkg", "-x", deb, f"{folder}/{'udev' if deb.name.startswith('udev_') else 'root'}"])
        shutil.rmtree(BUILT / "udev", ignore_errors=True)
        (BUILT / "udev/usr").mkdir(parents=True)
        run(["cp", "-a", "--parents", *UDEV, BUILT / "udev/usr"], cwd=f"{folder}/udev")
        version = package.removeprefix("linux-image-")
        run(["/usr/sbin/depmod", "-b", f"{folder}/root", version])
        shutil.copy(f"{folder}/root/boot/vmlinuz-{version}", kernel)
        _make_initrd(pathlib.Path(folder, "root/lib/modules", version), initrd)
    recipe.write_text(made_of)
    return kernel, initrd


def _fill_share(share, script, programs):
    (share / "bin").mkdir()
    for name in programs:
        shutil.copy(program(name), share / "bin")
    (share / "script").write_text((HERE / "devices.sh").read_text() + script)
    run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=60:r=48000",
         "-ac", "2", share / "tone.wav"])


def _command(share, *options):
    for needed in ("qemu-system-x86_64", "busybox"):
        if not shutil.which(needed):
            skip(f"{needed} is not installed")
    kernel, initrd = _build()
    return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
            "-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-serial", "file:" + str(share / "console"), "-kernel", kernel, "-initrd", initrd,
            "-append", "console=ttyS0 quiet panic=-1",
            "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
            "-virtfs", f"local,path={share},mount_tag=share,security_model=none", *options]


def run_in_guest(script, programs=(), timeout=240):
    """Runs a bash script in the guest; returns (exit status, output, folder that was /run/share).

    `programs` are names of the product's programs or of helpers in tests/tools.
    """
    share = pathlib.Path(tempfile.mkdtemp(prefix="lectern-guest-"))
    try:
        command = _command(share)
        _fill_share(share, script, programs)
        with Program(command) as machine:
            with contextlib.suppress(subprocess.TimeoutExpired):
                machine.wait(timeout)
            said = machine.log
        output, status = share / "output", share / "status"
        if not status.is_file():
            raise RuntimeError(f"the guest ended without a result\n{said}\n"
                               f"{(share / 'console').read_text(errors='replace')}\n"
                               f"{output.read_text(errors='replace') if output.is_file() else ''}")
        return int(status.read_text()), output.read_text(errors="replace"), share
    except BaseException:
        shutil.rmtree(share, ignore_errors=True)
        raise


class SystemdGuest(Program):
    """A guest with systemd and udev, and USB. `fill(root)` puts what is to be installed into a folder that is laid
    over the guest's files; `share` is /run/share there. Ends with the block."""

    def __init__(self, fill, options=()):
        self.share = pathlib.Path(tempfile.mkdtemp(prefix="lectern-guest-"))
        try:
            command = _command(self.share, "-device", "qemu-xhci,id=usb,p2=15,p3=15",
                               "-qmp", f"unix:{self.share}/qmp,server=on,wait=off", *options)
            shutil.copytree(BUILT / "udev", self.share / "root", symlinks=True)
            shutil.copy(HERE / "systemd.sh", self.share / "first")
            fill(self.share / "root")
            super().__init__(command)
            wait_until(lambda: (self.share / "up").exists() or not self.alive(), 60, "the guest")
            self._qmp = socket.socket(socket.AF_UNIX)
            self._qmp.connect(str(self.share / "qmp"))
            self._answers = self._qmp.makefile()
            self._answers.readline()
            self.events = []
            self.qmp("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def close(self):
        with contextlib.suppress(AttributeError):  # it was not started
            super().close()
        shutil.rmtree(self.share, ignore_errors=True)

    def qmp(self, command, **arguments):
        """Tells QEMU something; what happened before its answer is in `events`."""
        self._qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while "event" in (answer := json.loads(self._answers.readline())):
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer["return"]

    def run(self, script, seconds=20):
        """Runs a bash script in the guest, as root; what it printed."""
        (self.share / "new").write_text(script)
        (self.share / "new").rename(self.share / "do")
        wait_until(lambda: not (self.share / "do").exists() and not (self.share / "doing").exists(), seconds, script)
        return (self.share / "said").read_text(errors="replace")

    def said(self):
        """What kernel and journal said."""
        files = [self.share / "console", self.share / "journal"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())
