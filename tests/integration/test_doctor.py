#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""lectern doctor: says in both languages what is missing here, and ends with 1 only at a failure."""
import json
import os
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

LECTERN = Path(os.environ["LCT_BIN"]) / "lectern"
ABOUT = {"encoder", "cpu", "disk", "space", "sources", "screen", "sound", "camera", "clock", "port",
         "files"}


def doctor(*args, prefix=(), **env):
    done = subprocess.run([*prefix, LECTERN, "doctor", *args], capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, "LC_ALL": "C.UTF-8", **env})
    return done.returncode, done.stdout


def checks(out):
    return json.loads(out)["checks"]


class DoctorTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lectern-doctor-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name

    def test_says_all_it_looks_at(self):
        status, out = doctor("--data", self.data, "--json")
        said = checks(out)
        self.assertEqual({line["about"] for line in said}, ABOUT)
        self.assertEqual(status, int(any(line["level"] == "fail" for line in said)))
        self.assertEqual(status, 0, [line for line in said if line["level"] == "fail"])
        for line in said:
            self.assertTrue(line["en"] and line["zh"])
            self.assertIn(line["level"], ("ok", "warn", "fail"))
        encoders = [line for line in said if line["about"] == "encoder"]
        self.assertEqual([line["level"] for line in encoders], ["ok"] * 4)
        self.assertEqual(os.listdir(self.data), [], "it leaves nothing behind")

    def judged(self, config):
        """What it says of a configuration, beside the rest."""
        path = Path(self.data, "lectern.conf")
        path.write_text(config, encoding="utf-8")
        status, out = doctor("--data", Path(self.data, "data"), "--config", path, "--json")
        said = [line for line in checks(out) if line["about"] in ("config", "certificate")]
        self.assertEqual(status == 1, any(line["level"] == "fail" for line in checks(out)))
        return [(line["level"], line["about"], line["en"]) for line in said]

    def test_certificates(self):
        pem, key = Path(self.data, "cert.pem"), Path(self.data, "key.pem")
        config = f"[server]\ncertificate = {pem}\nkey = {key}\n"
        for days, began, level, word in ((90, "+0d", "ok", "more days"), (10, "-30d", "warn", "has expired")):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes", "-keyout", key, "-out", pem, "-days", str(days), "-subj", "/CN=localhost"],
                           env={**os.environ, "FAKETIME": began, "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1"},
                           check=True, capture_output=True)
            (got, about, en), = self.judged(config)
            self.assertEqual((got, about), (level, "certificate"))
            self.assertIn(word, en)
        self.assertEqual([line[:2] for line in self.judged("[server]\nport = 1\n")], [("fail", "config")])

    def test_words(self):
        for language, word in (("C.UTF-8", "checks:"), ("zh_CN.UTF-8", "项警告")):
            status, out = doctor("--data", self.data, LC_ALL=language)
            self.assertEqual(status, 0)
            self.assertIn(word, out)
            self.assertIn("x264", out)

    def test_a_folder_that_cannot_be_written(self):
        file = Path(self.data, "file")
        file.write_text("")
        status, out = doctor("--data", file / "below", "--json")
        self.assertEqual(status, 1)
        bad = [line for line in checks(out) if line["level"] == "fail"]
        self.assertEqual([line["about"] for line in bad], ["disk"])
        self.assertIn("--data", bad[0]["en"])

    def test_a_folder_that_was_not_there_is_not_left(self):
        status, _ = doctor("--data", os.path.join(self.data, "new"))
        self.assertEqual(status, 0)
        self.assertFalse(os.path.exists(os.path.join(self.data, "new")))

    def test_warnings_say_what_to_do(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("0.0.0.0", 8080))
                taken.listen()
            except OSError:
                pass  # somebody else's: it is taken all the same
            status, out = doctor("--data", self.data, "--json", prefix=("prlimit", "--nofile=256:256"),
                                 DISPLAY=":4711")
        warned = {line["about"]: line["en"] for line in checks(out) if line["level"] == "warn"}
        self.assertEqual(status, 0)
        self.assertIn("--listen", warned["port"])
        self.assertIn("LimitNOFILE", warned["files"])

    def test_missing_elements_are_named(self):
        """GStreamer finds no plugin in an empty folder: everything it gives is named, with packages."""
        status, out = doctor("--data", self.data, "--json", GST_PLUGIN_SYSTEM_PATH_1_0=self.data,
                             GST_PLUGIN_PATH_1_0=self.data, GST_REGISTRY_1_0=self.data + "/registry")
        sources = [line for line in checks(out) if line["about"] == "sources"]
        self.assertEqual(status, 0)
        self.assertEqual([line["level"] for line in sources], ["warn"] * len(sources))
        self.assertTrue(any("rtspsrc" in line["en"] and "gstreamer1.0-plugins-good" in line["en"]
                            for line in sources))

    def test_wrong_use(self):
        self.assertEqual(doctor("--nonsense")[0], 2)
        self.assertEqual(doctor("more")[0], 2)


if __name__ == "__main__":
    unittest.main()
