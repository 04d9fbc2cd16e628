#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch links and public rooms on the real programs: what opens what, commands beside a server that
runs, and viewers whose link ends while they watch."""

import contextlib
import http.client
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from _programs import BIN, ROOT, TOOLS, free_port, until

sys.path.insert(0, str(ROOT / "tests" / "support"))

import beside  # noqa: E402  the path is set above

ENGLISH = {**os.environ, "LC_ALL": "C.UTF-8"}
# Nothing lies there: 404 says that the gate was passed.
LIVE = "/live/{}/nothing-of-this-name"
API = "/api/v1/live/{}/nothing-of-this-name"
SOON = 5  # seconds in which a change is seen, on a busy machine


def token_of(url):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["link"][0]


class Links(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        folder = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        cls.data = folder / "data"
        cls.words = cls.stack.enter_context(open(folder / "words", "w+", encoding="utf-8"))
        config = folder / "lectern.conf"
        config.write_text("[room main]\nsource = demo\n[room lab]\nsource = demo\n", encoding="utf-8")
        cls.port = free_port()
        cls.up = subprocess.Popen(
            [BIN / "lectern", "up", "--data", cls.data, "--config", config, "--json", "--listen",
             f"127.0.0.1:{cls.port}"], stdout=subprocess.PIPE, stderr=cls.words, text=True)
        ready = json.loads(cls.up.stdout.readline())
        cls.url, cls.code = ready["url"].rstrip("/"), ready["code"]
        cls.secrets = []

    @classmethod
    def tearDownClass(cls):
        cls.up.terminate()
        status = cls.up.wait(30)
        cls.up.stdout.close()
        cls.words.seek(0)
        said = cls.words.read()
        key = json.loads((cls.data / "watch-links.json").read_text(encoding="utf-8"))["key"]
        cls.stack.close()
        assert status == 0, f"lectern up ended with {status}"
        assert not [one for one in [key, cls.code, *cls.secrets] if one in said], "a secret is in the log"

    def tearDown(self):
        (self.data / "watch-links.json").unlink(missing_ok=True)
        self.run_it("room", "main", "--public", "off")

    def run_it(self, *args, status=0, env=ENGLISH):
        """A command's standard output and standard error."""
        done = subprocess.run([BIN / "lectern", *args, "--data", self.data], text=True, env=env,
                              capture_output=True, check=False, timeout=20)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout, done.stderr

    def link(self, room="main", *more):
        """A link that the server knows: {id, room, expires, url, token}."""
        made = json.loads(self.run_it("link", room, "--json", *more)[0])
        made["token"] = token_of(made["url"])
        self.secrets.append(made["token"])
        until(lambda: self.by(made["token"]) == 404, SOON, "the server to know the link")
        return made

    def ask(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def by(self, token, path=LIVE.format("main")):
        return self.ask(path, Authorization="Bearer " + token)[0]

    def api(self, path, method="GET", body=None):
        return self.ask("/api/v1" + path, method, body, Authorization="Bearer " + self.code,
                        Content_Type="application/json")

    def room(self):
        return json.loads(self.api("/rooms/main")[2])

    def refused(self, path, status, *words, **headers):
        got, _, text = self.ask(path, **headers)
        self.assertEqual(got, status, f"{path}: {text[:200]}")
        for word in words:
            self.assertIn(word, text)

    def test_a_link_opens_its_room_and_nothing_else(self):
        link = self.link()
        self.assertEqual(link["url"], f"{self.url}/watch/main?link={link['token']}")
        status, headers, _ = self.ask(link["url"][len(self.url):])
        cookie, *rules = headers["Set-Cookie"].split("; ")
        self.assertEqual((status, headers["Location"]), (303, "/watch/main"))
        self.assertEqual(cookie, f"lectern-main={link['token']}")
        self.assertTrue({"HttpOnly", "SameSite=Lax", "Path=/"} <= set(rules), rules)
        for shown in ({"Cookie": cookie}, {"Authorization": "Bearer " + link["token"]},
                      {"Cookie": "lectern=old-code; x=y; " + cookie}):
            for path in (LIVE, API):
                self.assertEqual(self.ask(path.format("main"), **shown)[0], 404, f"{path} {shown}")
            self.assertNotIn(self.ask("/watch/main", **shown)[0], (401, 403))
            for path in ("/", "/index.html", "/watch.html", "/metrics", "/api/v1/rooms", "/api/v1/rooms/main",
                         "/api/v1/rooms/main/links", "/api/v1/recordings", "/api/v1/events", "/live/lab/x",
                         "/api/v1/live/lab/x", "/watch/lab", "/live/main2/x", "/live", "/watch"):
                self.assertIn(self.ask(path, **shown)[0], (401, 403, 429), f"{path} {shown}")
        for path in ("/main.js", "/style/base.css", "/favicon.svg"):
            self.assertEqual(self.ask(path)[0], 200, "what pages are made of is no secret")

    def test_links_of_several_rooms_in_one_browser(self):
        main, lab = self.link(), json.loads(self.run_it("link", "lab", "--json")[0])
        jar = f"lectern-main={main['token']}; lectern-lab={token_of(lab['url'])}"
        for room in ("main", "lab"):
            until(lambda: self.ask(LIVE.format(room), Cookie=jar)[0] == 404, SOON, room)
        swapped = f"lectern-lab={main['token']}; lectern-main={token_of(lab['url'])}"
        for room in ("main", "lab"):
            self.refused(LIVE.format(room), 403, "another room", "其他教室", Cookie=swapped)

    def test_what_does_not_open_says_what_to_do(self):
        link = self.link()
        token = link["token"]
        for wrong in (token[:-1], token + "x", token[:-1] + ("A" if token[-1] != "A" else "B"), "x" * 900,
                      "课", ""):
            shown = urllib.parse.quote(wrong)
            self.refused(f"/watch/main?link={shown}", 403, "Open the whole link", "请打开收到的完整链接")
        self.refused(f"/watch/lab?link={token}", 403, "another room", "其他教室")
        self.refused("/watch/main", 401)
        self.refused(LIVE.format("main"), 401, "watch link", "观看链接")
        self.refused(f"/live/main/x?link={token}", 401)  # only the page takes it from its address
        self.refused(API.format("main"), 403, "forbidden", Authorization="Bearer " + token[::-1])
        self.assertEqual(json.loads(self.run_it("link", "--revoke", link["id"], "--json")[0]), {"id": link["id"]})
        until(lambda: self.by(token) == 403, SOON, "the revocation to be seen")
        self.refused(f"/watch/main?link={token}", 403, "not good any more", "已失效")
        self.refused("/watch/main", 403, "not good any more", Cookie=f"lectern-main={token}")
        short = json.loads(self.run_it("link", "main", "--expires", "1", "--json")[0])["url"]
        time.sleep(1.1)
        until(lambda: "expired" in self.ask(short[len(self.url):])[2], SOON, "the word on expiry")
        self.refused(short[len(self.url):], 403, "expired", "已过期")
        self.assertEqual(self.by(self.code), 404, "the access code opens it all the same")

    def test_the_code_comes_in_by_the_watch_page_too(self):
        status, headers, _ = self.ask("/watch/main?code=" + self.code)
        self.assertEqual((status, headers["Location"]), (303, "/watch/main"))
        self.assertEqual(self.ask(LIVE.format("main"), Cookie=headers["Set-Cookie"].split(";")[0])[0], 404)
        link = self.link()
        self.run_it("link", "--revoke", link["id"])
        until(lambda: self.by(link["token"]) == 403, SOON, "the revocation to be seen")
        both = headers["Set-Cookie"].split(";")[0] + f"; lectern-main={link['token']}"
        self.assertEqual(self.ask(LIVE.format("main"), Cookie=both)[0], 404, "a stale link does not shut out")

    def test_a_public_room(self):
        self.assertFalse(self.room()["public"])
        self.assertIn("public", self.run_it("room", "main", "--public", "on")[0])
        until(lambda: self.room()["public"], SOON, "the room to be public")
        for path in (LIVE, API):
            self.assertEqual(self.ask(path.format("main"))[0], 404)
            self.assertEqual(self.ask(path.format("lab"))[0], 401)
            self.assertEqual(self.ask(path.format("main"), Cookie="lectern-main=x")[0], 404)
        self.assertEqual(self.ask("/api/v1/rooms")[0], 401)
        self.assertEqual(json.loads(self.run_it("room", "main", "--public", "off", "--json")[0]),
                         {"room": "main", "public": False})
        until(lambda: self.ask(LIVE.format("main"))[0] == 401, SOON, "the room to be closed")

    def on_air(self):
        until(lambda: self.room()["online"], 20, "the recorder")
        if self.room()["state"] != "recording":
            self.assertEqual(self.api("/rooms/main/recording", "POST", "{}")[0], 201)
            time.sleep(1)

    def test_a_link_shows_the_lesson_of_now_and_no_other(self):
        self.on_air()
        status, _, text = self.api("/rooms/main/recording", "DELETE")
        self.assertEqual(status, 200)
        before = json.loads(text)["lesson"]
        self.on_air()
        now = self.room()["status"]["lesson"]
        token = self.link()["token"]
        bearer = {"Authorization": "Bearer " + token}
        until(lambda: self.by(token, "/live/main/index.m3u8") == 200, 15, "a playlist")
        playlist = self.ask("/live/main/index.m3u8", **bearer)[2]
        self.assertIn(now, playlist)
        shown = next(line for line in playlist.splitlines() if not line.startswith("#"))
        address = urllib.parse.urljoin("/live/main/index.m3u8", shown)
        self.assertEqual(self.by(token, address), 200)
        self.assertEqual(self.by(token, address.replace(now, before)), 404, "an earlier lesson of the room")
        self.assertEqual(self.by(token, address.replace("/live/main/", "/live/lab/")), 403)
        self.assertEqual(self.by(self.code, f"/api/v1/recordings/{before}"), 200)
        self.assertEqual(json.loads(self.ask("/api/v1/live/main", **bearer)[2])["lesson"], now)

    @contextlib.contextmanager
    def watching(self, bearer):
        """A real viewer, until the block ends."""
        with subprocess.Popen([TOOLS / "swarm", "--url", self.url, "--code", bearer, "--viewers", "1", "--settle",
                               "0", "--seconds", "30"], stdout=subprocess.PIPE, text=True) as viewer:
            try:
                self.assertEqual(viewer.stdout.readline(), "counting\n")
                yield
            finally:
                viewer.terminate()
                viewer.stdout.read()

    def test_who_watches_is_ended_with_what_he_came_by(self):
        self.on_air()
        link, other = self.link(), self.link()
        with self.watching(self.code), self.watching(link["token"]), self.watching(other["token"]):
            self.assertEqual(self.room()["viewers"], 3)
            self.assertEqual(self.api(f"/rooms/main/links/{link['id']}", "DELETE")[0], 200)
            self.ended(2, "the viewer of the revoked link")
            time.sleep(1.2)
            self.assertEqual(self.room()["viewers"], 2, "the others stay")
            self.run_it("link", "--revoke", other["id"])
            self.ended(1, "the viewer of the link that the command revoked")
            with self.watching(self.link("main", "--expires", "4")["token"]):
                self.ended(1, "the viewer of the link that expired")
            self.run_it("room", "main", "--public", "on")
            until(lambda: self.room()["public"], SOON, "the room to be public")
            with self.watching("nothing"):
                self.assertEqual(self.room()["viewers"], 2)
                self.assertEqual(self.api("/rooms/main/public", "PUT", '{"public":false}')[0], 200)
                self.ended(1, "the viewer of the public room")

    def ended(self, left, who):
        until(lambda: self.room()["viewers"] == left, 10, who + " to be ended")

    def test_commands(self):
        out, said = self.run_it("link", "main", "--expires", "7200")
        self.assertTrue(out.startswith(f"{self.url}/watch/main?link="), out)
        self.assertIn("--revoke", said)
        self.secrets.append(token_of(out.strip()))
        self.assertIn("right?", self.run_it("link", "mian")[1], "a room nobody has heard of")
        self.assertEqual(stat.S_IMODE(os.stat(self.data / "watch-links.json").st_mode), 0o600)
        listed = json.loads(self.run_it("link", "--list", "--json")[0])["links"]
        self.assertEqual([one["room"] for one in listed], ["mian", "main"])
        of_room, _ = self.run_it("link", "--list", "main")
        self.assertIn(listed[1]["id"], of_room)
        self.assertNotIn(listed[0]["id"], of_room)
        self.assertIn("There is no link 12", self.run_it("link", "--revoke", "12", status=1)[1])
        for args in (("link",), ("link", "main", "lab"), ("link", "--list", "--revoke", "x"), ("room", "main"),
                     ("room", "main", "--public", "yes"), ("link", "main", "--what")):
            self.assertIn("usage", self.run_it(*args, status=2)[1])
        for span in ("0", "-1", "x", "1e9", "315360001", "99999999999999999999"):
            self.assertIn("315360000", self.run_it("link", "main", "--expires", span, status=1)[1])
        self.assertIn("is no room", self.run_it("link", "../main", status=1)[1])
        refused = json.loads(self.run_it("link", "../main", "--json", status=1)[0])
        self.assertEqual(refused["fault"]["code"], "invalid")
        chinese = {**os.environ, "LC_ALL": "", "LANG": "zh_CN.UTF-8"}
        self.assertIn("教室", self.run_it("link", "../main", status=1, env=chinese)[1])
        self.assertIn("用法", self.run_it("link", status=2, env=chinese)[1])

    def test_a_damaged_file(self):
        link = self.link()
        path = self.data / "watch-links.json"
        kept = path.read_bytes()
        path.write_bytes(kept[:50])
        self.assertIn("watch-links.json is damaged", self.run_it("link", "main", status=1)[1])
        time.sleep(1)
        self.assertEqual(self.by(link["token"]), 404, "the server goes on with what it knew")
        status, _, text = self.api("/rooms/main/links", "POST", "{}")
        self.assertEqual(status, 500)
        self.assertIn("已损坏", text)
        path.write_bytes(kept)
        self.link()
        path.unlink()
        until(lambda: self.by(link["token"]) == 403, SOON, "the lost file to end all links")


if __name__ == "__main__":
    beside.main(3)
