#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls every operation of docs/api.yaml on a real server with a real recorder (the demo classroom),
checks status, type and body against the schema, and that routes and api.yaml are the same set."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import yaml

from _programs import BIN, PATIENCE, ROOT, Server

API = yaml.safe_load((ROOT / "docs" / "api.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "delete", "options")
failures = []
called = set()


def check(ok, what):
    if not ok:
        failures.append(what)
        print("FAILED:", what)
    return ok


# --- a small JSON Schema (what api.yaml uses of 2020-12) ---

def resolve(node):
    while "$ref" in node:
        at = API
        for key in node["$ref"][2:].split("/"):
            at = at[key]
        node = at
    return node


def is_type(value, name):
    return {"object": isinstance(value, dict), "array": isinstance(value, list),
            "string": isinstance(value, str), "null": value is None,
            "boolean": isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, (int, float)) and not isinstance(value, bool)}[name]


def members(value, schema, where):
    for key in schema.get("required", []):
        if key not in value:
            yield f"{where}: no {key}"
    for key, inner in value.items():
        if key in schema.get("properties", {}):
            yield from errors(inner, schema["properties"][key], f"{where}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}: {key} is not in the schema"


def errors(value, schema, where="body"):
    schema = resolve(schema)
    if "anyOf" in schema:
        tries = [list(errors(value, one, where)) for one in schema["anyOf"]]
        if all(tries):
            yield from max(tries, key=len)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, name) for name in types):
        yield f"{where}: {value!r} is no {types}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        yield f"{where}: is empty"
    if is_type(value, "number") and not (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)):
        yield f"{where}: {value} is out of range"
    if isinstance(value, dict):
        yield from members(value, schema, where)
    if isinstance(value, list) and "items" in schema:
        for i, inner in enumerate(value):
            yield from errors(inner, schema["items"], f"{where}[{i}]")


# --- the programs ---

class DescribedServer(Server):
    def call(self, operation, status, body=None, headers=None, code=True, query="", **values):
        """One operation by its id; its answer must be one that api.yaml describes."""
        path, method, spec = operations()[operation]
        for name, value in values.items():
            path = path.replace("{%s}" % name, urllib.parse.quote(value, safe=""))
        got, head, content = self.ask(method.upper(), path + query, body, headers, code)
        where = f"{operation} {path}{query}"
        called.add(operation)
        if not check(got == status, f"{where}: {got}, not {status}: {content[:200]!r}"):
            return None
        if not check(str(got) in spec["responses"], f"{where}: {got} is not in api.yaml"):
            return None
        kinds = resolve(spec["responses"][str(got)]).get("content", {})
        kind = head.get("Content-Type", "").split(";")[0]
        if not kinds or not check(kind in kinds, f"{where}: type {kind}, not {list(kinds)}"):
            return content
        if kind != "application/json":
            return content
        value = json.loads(content)
        for error in errors(value, kinds[kind]["schema"]):
            check(False, f"{where}: {error}")
        return value


def operations():
    return {spec["operationId"]: (path, method, spec) for path, item in API["paths"].items()
            for method, spec in item.items() if method in METHODS}


def wait_for(what, seconds, ask):
    deadline = time.monotonic() + PATIENCE * seconds
    while time.monotonic() < deadline:
        value = ask()
        if value:
            return value
        time.sleep(0.2)
    check(False, f"{what}: not within {PATIENCE * seconds} s")
    return None


# --- the tests ---

def routes_and_description_agree():
    printed = subprocess.run([BIN / "lectern-server", "--print-routes"], check=True, text=True,
                             capture_output=True).stdout.split("\n")
    described = {f"{method.upper()} {path}" for path, method, _ in operations().values()}
    routes = {line for line in printed if line}
    check(routes == described, f"only routes: {routes - described}; only api.yaml: "
                               f"{described - routes}")


def access(server):
    server.call("getHealth", 200, code=False)
    server.call("getRooms", 401, code=False)
    server.call("getMetrics", 401, code=False)
    server.call("getHls", 401, code=False, room="main")
    server.call("getRooms", 401, headers={"Authorization": "Bearer x"})
    for text in (server.code.upper(), server.code.replace("-", "")):
        server.call("getRooms", 200, headers={"Authorization": "Bearer " + text})
    status, head, _ = server.ask("GET", "/?code=" + server.code, code=False)
    cookie = head.get("Set-Cookie", "")
    check(status == 303 and head["Location"] == "/", f"?code=: {status} {head['Location']}")
    check("HttpOnly" in cookie and "SameSite=Lax" in cookie, f"cookie: {cookie}")
    server.call("getRooms", 200, code=False, headers={"Cookie": cookie.split(";")[0]})
    status, head, _ = server.ask("GET", "//evil.example/?code=" + server.code, code=False)
    check(not head.get("Location", "/").startswith("//"), "redirected to another host")
    evil = {"Origin": "http://evil.example"}
    server.call("startRecording", 403, {}, room="main", headers=evil)
    server.call("stopRecording", 403, room="main", headers=evil)
    server.call("addMark", 403, {}, room="main", headers=evil)
    answers = [server.ask("GET", "/api/v1/rooms", headers={"Authorization": "Bearer y"})[0]
               for _ in range(15)]
    check(answers[-1] == 429, f"wrong codes: {answers}")
    server.call("getRooms", 200)
    mode = os.stat(server.data / "access-code").st_mode & 0o777
    check(mode == 0o600, f"access-code has mode {mode:o}")


def pushes(server):
    """What tests/integration/test_push.py does not look at: each answer is one of api.yaml's."""
    evil = {"Origin": "http://evil.example"}
    url = "rtmp://127.0.0.1:1/live/secret-key"
    made = server.call("addPush", 201, {"url": url, "name": "县平台", "picture": "screen"}, room="main")
    check(made and made["picture"] == "screen" and made["name"] == "县平台", f"push: {made}")
    server.call("addPush", 400, {"url": "file:///etc/passwd"}, room="main")
    server.call("addPush", 404, {"url": url}, room="nowhere")
    server.call("addPush", 409, {"url": url}, room="main")
    server.call("addPush", 403, {"url": url + "2"}, room="main", headers=evil)
    listed = server.call("getPushes", 200, room="main")
    check(listed and [push["id"] for push in listed["pushes"]] == [made["id"]], f"pushes: {listed}")
    check(server.call("getRoom", 200, room="main")["pushes"] == listed["pushes"], "a room's pushes")
    server.call("getPushes", 404, room="nowhere")
    check(server.call("switchPush", 200, {"on": False}, room="main", push=made["id"])["state"] == "off", "it is off")
    server.call("switchPush", 400, {"on": 1}, room="main", push=made["id"])
    server.call("switchPush", 404, {"on": True}, room="main", push="0123456789abcdef")
    server.call("switchPush", 403, {"on": True}, room="main", push=made["id"], headers=evil)
    server.call("removePush", 403, room="main", push=made["id"], headers=evil)
    server.call("removePush", 200, room="main", push=made["id"])
    server.call("removePush", 404, room="main", push=made["id"])


def watch_links(server):
    """What tests/integration/test_links.py does not look at: each answer is one of api.yaml's."""
    made = server.call("makeLink", 201, {"seconds": 60}, room="main")
    server.call("makeLink", 201, room="main")
    server.call("makeLink", 404, room="nowhere")
    for body in ({"seconds": 0}, {"seconds": 315360001}, {"seconds": "x"}, {"second": 1}, [], b"{"):
        server.call("makeLink", 400, body, room="main")
    listed = server.call("getLinks", 200, room="main")
    check(listed and len(listed["links"]) == 2 and listed["links"][1] == made, f"links: {listed}")
    server.call("getLinks", 404, room="nowhere")
    page = 200 if (ROOT / "control" / "web" / "watch.html").exists() else 404
    server.call("getWatchPage", page, room="main")
    server.call("getWatchPage", 401, room="main", code=False)
    server.call("getLessonPage", page, id="nothing")
    server.call("getLessonPage", 401, id="nothing", code=False)
    for link in listed["links"]:
        status, head, _ = server.ask("GET", link["url"], code=False)
        check(status == 303 and head["Location"] == "/watch/main", f"{link}: {status}")
        server.call("revokeLink", 200, room="main", link=link["id"])
    server.call("revokeLink", 404, room="main", link=made["id"])
    server.call("setPublic", 200, {"public": True}, room="main")
    check(server.call("getRoom", 200, room="main")["public"], "the room is public")
    server.call("getWatchPage", page, room="main", code=False)
    server.call("setPublic", 200, {"public": False}, room="main")
    server.call("setPublic", 404, {"public": True}, room="nowhere")
    for body in ({}, {"public": 1}, {"public": True, "x": 1}):
        server.call("setPublic", 400, body, room="main")
    evil = {"Origin": "http://evil.example"}
    server.call("makeLink", 403, {}, room="main", headers=evil)
    server.call("revokeLink", 403, room="main", link=made["id"], headers=evil)
    server.call("setPublic", 403, {"public": True}, room="main", headers=evil)


def bad_input(server):
    server.call("getRoom", 404, room="nowhere")
    server.call("startRecording", 404, {}, room="nowhere")
    server.call("stopRecording", 404, room="nowhere")
    server.call("addMark", 404, {"label": "x"}, room="nowhere")
    for body in ({"title": 7}, {"title": "x" * 81}, {"tilte": "x"}, {"title": "a\u0007b"}, b"{",
                 b'{"title":"a","title":"b"}', b"[" * 60000, b"[]",
                 b'{"title":"\xc0\xaf"}', b'{"title":"\\ud800"}'):
        json_type = {"Content-Type": "application/json"}
        server.call("startRecording", 400, body, room="main", headers=json_type)
    server.call("startRecording", 400, b"title=x", room="main",
                headers={"Content-Type": "application/x-www-form-urlencoded"})
    server.call("addMark", 400, {"time_ns": -1}, room="main")
    for bad in ("limit=", "limit=0", "limit=101", "limit=-1", "limit=%201", "limit=1e1", "limit=20x",
                "limit=99999999999999999999", "limit", "before=", "before=..", "before=a/b",
                "before=" + "x" * 64, "before=%E8%AF%BE"):
        server.call("getRecordings", 400, query="?" + bad)
    for bad in ("nothing", "..", "../../etc", "a/b", "%00", "x" * 64, "\u8bfe", ".hidden"):
        path = "/api/v1/recordings/" + urllib.parse.quote(bad, safe="%")
        for end in ("", "/marks", "/media.mp4", "/tracks/camera/thumb", "/tracks/camera/waveform"):
            with contextlib.suppress(http.client.HTTPException, ConnectionError):
                status, _, content = server.ask("GET", path + end)
                check(status in (404, 200) and b"root:" not in content and
                      (status == 404 or b'"recordings"' in content), f"{path}{end}: {status}")
    for operation in ("getRecording", "getMarks", "getMedia"):
        server.call(operation, 404, id="nothing")
    for operation in ("getThumb", "getWaveform"):
        server.call(operation, 404, id="nothing", track="camera")
    for path, accept, expected in (("/old/link", "text/html,*/*", 303), ("/old/link", "*/*", 404),
                                   ("/api/v1/nothing", "text/html,*/*", 404), ("/", "text/html", 200)):
        status, head, _ = server.ask("GET", path, headers={"Accept": accept})
        check(status == expected and head.get("Location", "/") == "/", f"{path} {accept}: {status}")
    outside = server.data / "outside"
    outside.mkdir()
    (outside / "lesson.json").write_text("{}")
    (server.data / "lessons" / "planted").symlink_to(outside)
    server.call("getRecording", 404, id="planted")


def events(server, until, seconds=20, operation="getEvents", event="rooms", shape="getRooms"):
    """Reads a stream until a predicate over (event, data) holds; event's data are shape's."""
    connection = http.client.HTTPConnection(server.address, timeout=seconds)
    connection.request("GET", operations()[operation][0].replace("{room}", "main"),
                       headers={"Authorization": "Bearer " + server.code})
    answer = connection.getresponse()
    called.add(operation)
    check(answer.headers["Content-Type"] == "text/event-stream", "events: wrong type")
    schema = operations()[shape][2]["responses"]["200"]["content"]["application/json"]["schema"]
    deadline = time.monotonic() + seconds
    name = None
    while time.monotonic() < deadline:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data = json.loads(line[6:])
            if name == event:
                for error in errors(data, schema):
                    check(False, f"event {event}: {error}")
            if until(name, data):
                return connection
    check(False, "events: what was waited for did not come")
    return connection


def media(server, lesson):
    whole = server.call("getMedia", 200, id=lesson)
    _, head, _ = server.ask("HEAD", f"/api/v1/recordings/{lesson}/media.mp4")
    check(whole and int(head["Content-Length"]) == len(whole), "HEAD tells another length")
    check(whole and whole[4:8] == b"ftyp", "media is no MP4")
    check("attachment" in head["Content-Disposition"] and
          "''%E8%AF%BE.mp4" in head["Content-Disposition"], f"the title that people gave it is lost: {head['Content-Disposition']}")
    size = len(whole or b"")
    for spec, first, last in (("0-99", 0, 99), ("100-", 100, size - 1), ("-50", size - 50, size - 1)):
        part = server.call("getMedia", 206, id=lesson, headers={"Range": "bytes=" + spec})
        check(part == (whole or b"")[first:last + 1], f"range {spec} differs")
    server.call("getMedia", 416, id=lesson, headers={"Range": f"bytes={size}-"})
    server.call("getMedia", 304, id=lesson, headers={"If-None-Match": head["ETag"]})
    one = server.call("getMedia", 200, id=lesson, query="?track=sound")
    check(one and len(one) < size, "one track is not smaller than all")
    server.call("getMedia", 404, id=lesson, query="?track=nothing")
    server.call("getMedia", 400, id=lesson, query="?track=")
    path = server.data / "whole.mp4"
    path.write_bytes(whole or b"")
    probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of",
                            "csv=p=0", path], capture_output=True, text=True, check=False)
    check(sorted(probe.stdout.split()) == ["audio", "video", "video"], f"tracks: {probe.stdout}")


def live(server):
    offer = (ROOT / "tests" / "data" / "sdp" / "chromium.sdp").read_bytes()
    sdp = {"Content-Type": "application/sdp"}
    events(server, lambda name, data: name == "live" and data["state"] == "recording",
           operation="getLiveEvents", event="live", shape="getLive").close()
    seen = server.call("getLive", 200, room="main")
    check(seen and seen["title"] == "第一课" and seen["elapsed_ns"] > 0 and
          sorted(track["kind"] for track in seen["tracks"]) == ["camera", "screen", "sound"],
          f"a room on air: {seen}")
    lesson = server.call("getLiveLesson", 200, room="main")
    check(lesson and lesson["id"] == seen["lesson"] and "source" not in lesson["tracks"][0],
          f"the lesson that viewers see: {lesson}")
    server.call("getLiveLesson", 404, room="nowhere")
    server.call("getLive", 404, room="nowhere")
    server.call("getLiveEvents", 404, room="nowhere")
    server.call("askAboutWatching", 204, code=False, room="main")
    server.call("askAboutLeaving", 204, code=False, room="main", viewer="0" * 24)
    server.call("watchLive", 201, offer, headers=sdp, room="main")
    _, head, _ = server.ask("POST", "/api/v1/live/main/whep?track=camera", offer, sdp)
    viewer = (head["Location"] or "").rsplit("/", 1)[-1]
    server.call("leaveLive", 200, room="main", viewer=viewer)
    server.call("leaveLive", 404, room="main", viewer=viewer)
    server.call("watchLive", 400, b"v=0", headers=sdp, room="main")
    server.call("watchLive", 404, offer, headers=sdp, room="nowhere")
    server.call("watchLive", 406, offer.replace(b"H264", b"H266").replace(b"opus", b"opuz"), headers=sdp,
                room="main")
    server.call("watchLive", 415, offer, headers={"Content-Type": "text/plain"}, room="main")
    server.call("watchLiveSocket", 426, room="main")  # the rest of it in test_ws.py


def tracks_and_hls(server, lesson, ended):
    index = server.call("getTrackIndex", 200, id=lesson, track="camera")
    check(index and index["ended"] == ended and index["end_ns"] > 2e9, f"index: {str(index)[:200]}")
    reel = index["reels"][0]
    rows = reel["rows"]
    check(rows[0][4] == 1 and rows[0][2] == reel["zero_ns"], f"its first row: {rows[0]}")
    for before, after in zip(rows, rows[1:]):
        check(abs(before[2] + before[3] - after[2]) < 2, f"rows {before} and {after}")
    part = server.call("getTrackIndex", 200, id=lesson, track="camera", query="?from=1000000000&to=1")
    check(part and part["reels"][0]["rows"][0][2] <= 1e9, "the key frame before from")
    init = server.call("getTrackInit", 200, id=lesson, track="camera", query="?reel=1")
    check(init and server.ask("GET", reel["init"])[2] == init and init[4:8] == b"ftyp", "the init")
    offset, size = rows[2][:2]
    chunk = server.call("getTrackReel", 206, id=lesson, track="camera", number="1",
                        headers={"Range": f"bytes={offset}-{offset + size - 1}"})
    check(chunk and len(chunk) == size and chunk[4:8] == b"moof", "a chunk by its range")
    ticks = int.from_bytes(chunk[88:92], "big")
    check(abs(ticks / 90000 * 1e9 - rows[2][3]) < 20000, f"it stands {ticks} ticks, not {rows[2][3]} ns")
    server.call("getTrackReel", 200, id=lesson, track="sound", number="1")
    server.call("getTrackReel", 416, id=lesson, track="camera", number="1",
                headers={"Range": "bytes=99999999999-"})
    main = server.call("getHls", 200, room="main").decode()
    check(f"{lesson}/camera/index.m3u8" in main and "mp4a.40.2" in main, f"playlist: {main}")
    playlist = server.call("getHlsFile", 200, room="main", lesson=lesson, track="camera",
                           file="index.m3u8").decode()
    check(("#EXT-X-ENDLIST" in playlist) == ended, f"playlist: {playlist}")
    server.call("getHlsFile", 200, room="main", lesson=lesson, track="camera", file="init-1.mp4")
    segment = server.call("getHlsFile", 200, room="main", lesson=lesson, track="sound", file="0.m4s")
    check(segment and segment[4:8] == b"moof", "a segment begins with a chunk")
    server.call("getHlsFile", 206, room="main", lesson=lesson, track="sound", file="0.m4s",
                headers={"Range": "bytes=0-7"})
    sound = server.call("getHls", 200, room="main", query="?track=sound").decode()
    check('CODECS="mp4a.40.2"\n' in sound, f"sound alone: {sound}")
    if ended:
        server.call("getHls", 200, room="main", query="?track=screen")


def bad_tracks_and_hls(server, lesson):
    for query in ("?from=-1", "?from=x", "?to=1e9", "?from=99999999999999999999", "?from="):
        server.call("getTrackIndex", 400, id=lesson, track="camera", query=query)
    server.call("getTrackIndex", 404, id=lesson, track="nothing")
    server.call("getTrackInit", 400, id=lesson, track="camera", query="?reel=x")
    server.call("getTrackInit", 404, id=lesson, track="camera", query="?reel=2")
    for number in ("0", "2", "-1", "1x", "99999999999999999999", "../1", "%"):
        server.call("getTrackReel", 404, id=lesson, track="camera", number=number)
    server.call("getHls", 400, room="main", query="?track=camera&track=screen")
    for query in ("?track=nothing", "?track=", "?track=../camera"):
        server.call("getHls", 404, room="main", query=query)
    server.call("getHls", 404, room="nowhere")
    for room, where, track, file in (
            ("other", lesson, "camera", "0.m4s"), ("main", "nothing", "camera", "0.m4s"),
            ("main", lesson, "nothing", "0.m4s"), ("main", lesson, "camera", "9999.m4s"),
            ("main", lesson, "camera", "99999999999999999999.m4s"),
            ("main", lesson, "camera", "00.m4s"), ("main", lesson, "camera", "init-2.mp4"),
            ("main", lesson, "camera", "0001.mp4"), ("main", lesson, "camera", "../lesson.json"),
            ("main", "..", "lessons", "index.m3u8"), ("main", lesson, "camera", "x%2fy")):
        server.call("getHlsFile", 404, room=room, lesson=where, track=track, file=file)
    server.call("getHlsFile", 416, room="main", lesson=lesson, track="camera", file="0.m4s",
                headers={"Range": "bytes=99999999999-"})
    for path in (f"/live/main/{lesson}/camera/../../../../etc/passwd",
                 f"/live/main/{lesson}/camera/..%2f0001.mp4", "/live//index.m3u8",
                 f"/live/main/{lesson}/camera/0.m4s/"):
        status = server.ask("GET", path)[0]
        check(status == 404, f"{path}: {status}")


def jobs(server, lesson):
    """What tests/integration/test_jobs.py does not look at: each answer is one of api.yaml's."""
    evil = {"Origin": "http://evil.example"}
    order = {"kind": "export", "item": lesson, "preset": "sound"}
    server.call("getPresets", 200)
    server.call("getPresets", 404, query="?item=nothing")
    standing = server.call("getPresets", 200, query=f"?item={lesson}")
    cards = server.call("getCards", 200)
    check({"opening", "closing"} <= {one["id"] for one in cards["cards"]} and all(one["design"]["texts"] for one in cards["cards"]), "the cards")
    picture = (pathlib.Path(__file__).parents[1] / "fuzz/corpus/logo/whole").read_bytes()
    server.call("getLogo", 404)
    server.call("dropLogo", 404)
    server.call("putLogo", 400, b"GIF89a")
    server.call("putLogo", 403, picture, headers=evil)
    check(not server.call("getCards", 200)["logo"], "a logo that was refused is there")
    server.call("putLogo", 200, picture)
    check(server.call("getLogo", 200) == picture and server.call("getCards", 200)["logo"], "the logo")
    server.call("dropLogo", 403, headers=evil)
    server.call("dropLogo", 200)
    check(not server.call("getCards", 200)["logo"], "a logo that was removed is there")
    check(standing and {"keep", "sound"} <= {one["id"] for one in standing["presets"]}, "the presets")
    for wrong in ({}, {"kind": "dance"}, {**order, "preset": "none"}, {**order, "x": 1}, {**order, "item": 7}):
        server.call("addJob", 400, wrong)
    server.call("addJob", 404, {**order, "item": "nothing"})
    server.call("addJob", 403, order, headers=evil)
    server.call("addJob", 409, {**order, "preset": "youke"})
    job = server.call("addJob", 201, order)["id"]
    wait_for("an export", 30, lambda: server.call("getJob", 200, job=job)["state"] == "done")
    server.call("repeatJob", 409, {"state": "waiting"}, job=job)
    server.call("repeatJob", 400, {"state": "done"}, job=job)
    server.call("repeatJob", 403, {"state": "waiting"}, job=job, headers=evil)
    check(server.call("getJobFile", 200, job=job)[4:8] == b"ftyp", "the export is no MP4")
    server.call("getJobFile", 206, job=job, headers={"Range": "bytes=0-7"})
    check(server.call("getJobs", 200)["jobs"][0]["id"] == job, "the jobs")
    server.call("dropJob", 403, job=job, headers=evil)
    server.call("dropJob", 200, job=job)
    for operation in ("getJob", "dropJob", "getJobFile"):
        server.call(operation, 404, job=job)
    server.call("repeatJob", 404, {"state": "waiting"}, job=job)


def shares(server, lesson):
    """Who has a link sees this lesson, and nothing else."""
    share = server.call("makeShare", 201, {"seconds": 100}, id=lesson)
    server.call("makeShare", 400, {"seconds": 0}, id=lesson)
    server.call("makeShare", 404, {}, id="nothing")
    check(server.call("getShares", 200, id=lesson)["shares"] == [share], "the links")
    server.call("getShares", 404, id="nothing")
    status, head, _ = server.ask("GET", share["url"], code=False)
    check(status == 303 and head["Location"] == f"/lessons/{lesson}", f"the link: {status}")
    cookie = {"Cookie": (head["Set-Cookie"] or "").split(";")[0]}
    token = {"Authorization": "Bearer " + share["url"].split("=")[-1]}
    tracks = f"/api/v1/recordings/{lesson}/tracks/camera"
    for shown in (cookie, token):
        item = server.call("getItem", 200, headers=shown, code=False, id=lesson)
        check(item and item["tracks"][0]["source"] == "" and item["used_by"] == [], "too much is told")
        for path in (tracks + "/index", tracks + "/init.mp4", tracks + "/thumb?t=1"):
            check(server.ask("GET", path, headers=shown, code=False)[0] == 200, f"{path} by a link")
    for method, path in (("GET", "/api/v1/library"), ("GET", "/api/v1/recordings"), ("GET", "/"),
                         ("GET", f"/api/v1/recordings/{lesson}"), ("PUT", f"/api/v1/items/{lesson}/trash"),
                         ("GET", f"/api/v1/recordings/{lesson}/media.mp4"), ("GET", "/metrics"),
                         ("GET", f"/api/v1/items/{lesson}/shares"), ("DELETE", f"/api/v1/items/{lesson}"),
                         ("PUT", f"/api/v1/items/{lesson}/metadata"), ("GET", "/api/v1/live/main"),
                         ("GET", "/api/v1/recordings/other/tracks/camera/index"),
                         ("GET", "/api/v1/items/other"), ("GET", "/lessons/other")):
        status = server.ask(method, path, headers=cookie, code=False)[0]
        check(status in (401, 403), f"{method} {path} by a link: {status}")
    for wrong in (share["url"][:-1] + "!", f"/lessons/{lesson}?link=", f"/lessons/{lesson}"):
        check(server.ask("GET", wrong, code=False)[0] in (401, 403), wrong)
    server.call("trashItem", 200, id=lesson)
    server.call("getItem", 403, headers=cookie, code=False, id=lesson)
    server.call("untrashItem", 200, id=lesson)
    server.call("revokeShare", 200, id=lesson, share=share["id"])
    server.call("revokeShare", 404, id=lesson, share=share["id"])
    server.call("getItem", 403, headers=cookie, code=False, id=lesson)
    check(server.ask("GET", tracks + "/index", headers=cookie, code=False)[0] == 403, "it was revoked")


def subtitles(server, lesson):
    """Bytes as people's programs write them in, WebVTT and SubRip out, found by a word of theirs."""
    where = {"id": lesson, "lang": "zh"}
    srt = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<b>全反射</b>\r\n\r\n2\r\n00:00:09 --> 00:00:03\r\nx\r\n"
    server.call("getSubtitles", 404, **where)
    server.call("putSubtitles", 400, b"no subtitles", **where)
    server.call("putSubtitles", 400, srt.encode(), id=lesson, lang="z")
    server.call("putSubtitles", 404, srt.encode(), id="nothing", lang="zh")
    put = server.call("putSubtitles", 200, srt.encode("gb18030"), **where)
    check(put and put["cues"] == 1 and put["left_out_lines"] == [6], f"what was put: {put}")
    server.call("putSubtitles", 428, srt.encode(), **where)
    server.call("putSubtitles", 412, srt.encode(), headers={"If-Match": '"x"'}, **where)
    got = server.call("getSubtitles", 200, **where)
    check(got == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n全反射\n".encode(), f"as WebVTT: {got}")
    tag = server.ask("GET", f"/api/v1/items/{lesson}/subtitles/zh")[1]["ETag"]
    server.call("putSubtitles", 200, got, headers={"If-Match": tag}, **where)
    got = server.call("getSubtitles", 200, query="?as=srt", **where)
    check(got == "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n全反射\r\n\r\n".encode(), f"as SRT: {got}")
    server.call("getSubtitles", 400, query="?as=ass", **where)
    item = server.call("getItem", 200, id=lesson)
    check(item["subtitles"] == [{"lang": "zh", "label": "中文"}], f"listed: {item['subtitles']}")
    found = server.call("getLibrary", 200, query="?q=" + urllib.parse.quote("反射"))
    check(found["items"] and found["items"][0]["hits"][0] == {
        "time_ns": 10**9, "kind": "subtitle", "text": "全反射"}, f"found by a subtitle: {found}")
    chapters = {"chapters": [{"time_ns": 10**9, "title": "导入"}]}
    server.call("putChapters", 404, chapters, id="nothing")
    server.call("putChapters", 400, {"chapters": [{"title": "x"}]}, id=lesson)
    server.call("putChapters", 200, chapters, id=lesson)
    server.call("putChapters", 412, chapters, id=lesson, headers={"If-Match": '"x"'})
    server.call("deleteSubtitles", 200, **where)
    server.call("deleteSubtitles", 404, **where)
    server.call("getSubtitles", 404, **where)


def edits(server, lesson):
    """What tests/fault/test_edits.py does not look at: each answer is one of api.yaml's."""
    server.call("getEdit", 404, lesson=lesson)
    server.call("getEdit", 404, lesson="nothing")
    server.call("putEdit", 404, {"version": 1, "begin": {}, "changes": [], "at": 0}, lesson="nothing")
    for body in ({}, {"version": 2, "begin": {}, "changes": [], "at": 0},
                 {"version": 1, "begin": [], "changes": [], "at": 0},
                 {"version": 1, "begin": {}, "changes": {}, "at": 0},
                 {"version": 1, "begin": {}, "changes": [], "at": 1},
                 {"version": 1, "begin": {}, "changes": [], "at": 0, "more": 1}, b"{"):
        server.call("putEdit", 400, body, lesson=lesson)
    edit = {"version": 1, "begin": {"clips": [{"title": "勾股定理 😀"}]}, "changes": [{"do": "add", "clip": 0}], "at": 1}
    server.call("putEdit", 200, edit, lesson=lesson)
    check(server.call("getEdit", 200, lesson=lesson) == edit, "what was kept comes back")
    server.call("putEdit", 428, edit, lesson=lesson)
    server.call("putEdit", 412, edit, {"If-Match": '"0123456789abcdef"'}, lesson=lesson)
    _, head, _ = server.ask("GET", f"/api/v1/edits/{lesson}")
    server.call("putEdit", 200, {**edit, "at": 0}, {"If-Match": head["ETag"]}, lesson=lesson)
    server.call("putEdit", 412, edit, {"If-Match": head["ETag"]}, lesson=lesson)
    long = {**edit, "changes": [{"do": "title", "clip": 0, "title": "x" * 5 * 2**20}]}
    with contextlib.suppress(ConnectionError):  # it may be refused before all of it is sent
        server.call("putEdit", 413, long, {"If-Match": "*"}, lesson=lesson)
    server.call("putEdit", 403, edit, {"If-Match": "*", "Origin": "http://evil.example"}, lesson=lesson)
    for wish, editor, expected in (("look", "a", "nobody"), ("edit", "a", "you"), ("edit", "b", "other"),
                                   ("look", "b", "other"), ("take", "b", "you"), ("edit", "a", "other"),
                                   ("leave", "b", "nobody"), ("edit", "a", "you")):
        said = server.call("callPresence", 200, {"editor": editor, "wish": wish}, lesson=lesson)
        check(said == {"edits": expected}, f"{editor} wishes to {wish}: {said}")
    server.call("callPresence", 404, {"editor": "a", "wish": "look"}, lesson="nothing")
    for body in ({"editor": "a"}, {"wish": "look"}, {"editor": "", "wish": "look"},
                 {"editor": "a", "wish": "steal"}, {"editor": "x" * 41, "wish": "look"}):
        server.call("callPresence", 400, body, lesson=lesson)
    page = 200 if (ROOT / "control" / "web" / "edit.html").exists() else 404
    server.call("getEditPage", page, lesson=lesson)
    server.call("getEditPage", 401, lesson=lesson, code=False)
    page = 200 if (ROOT / "control" / "web" / "library.html").exists() else 404
    server.call("getLibraryPage", page)
    server.call("getLibraryPage", 401, code=False)


def uploads(server):
    for bad in ({}, {"name": "a"}, {"size": 1}, {"name": "", "size": 1}, {"name": "a", "size": 0},
                {"name": "a", "size": 2**36 + 1}, {"name": "x" * 256, "size": 1}):
        server.call("addUpload", 400, bad)
    one = server.call("addUpload", 201, {"name": "课 1.mp4", "size": 10})
    two = server.call("addUpload", 201, {"name": "课 1.mp4", "size": 10})
    check(one["id"] != two["id"] and one["have"] == 0, "two of one name are two")
    part = server.call("addUpload", 201, {"name": "课 1.mp4", "size": 10, "with": two["id"]})
    check(part["with"] == two["id"] and two["with"] == "", "one lesson of two")
    server.call("addUpload", 400, {"name": "x", "size": 10, "with": part["id"]})
    server.call("addUpload", 404, {"name": "x", "size": 10, "with": "nothing"})
    server.call("deleteUpload", 409, id=two["id"])
    server.call("addJob", 400, {"kind": "import", "upload": part["id"]})
    server.call("deleteUpload", 200, id=part["id"])

    def put(status, content, place, upload=one["id"]):
        return server.call("putUpload", status, content, id=upload, headers={
            "Content-Type": "application/octet-stream", **({"Content-Range": place} if place else {})})

    for content, place in ((b"abcd", None), (b"abcd", "bytes 0-3/11"), (b"abcd", "bytes 0-4/10"),
                           (b"abcd", "bytes 3-0/10"), (b"abcd", "0-3/10"), (b"", "bytes 0-0/10")):
        put(400, content, place)
    put(409, b"abcd", "bytes 1-4/10")
    check(put(200, b"abcd", "bytes 0-3/10")["have"] == 4, "four bytes have come")
    put(409, b"abcd", "bytes 0-3/10")
    check(server.call("getUpload", 200, id=one["id"])["have"] == 4, "and they are there")
    check(put(200, b"efghij", "bytes 4-9/10")["have"] == 10, "all has come")
    put(404, b"abcd", "bytes 0-3/10", "nothing")
    with contextlib.suppress(ConnectionError):  # it may be refused before all of it is sent
        put(413, bytes(2**20 + 1), "bytes 0-1048576/2000000")
    check([u["have"] for u in server.call("getUploads", 200)["uploads"]] in ([10, 0], [0, 10]), "the list")
    for upload in (one, two):
        server.call("deleteUpload", 200, id=upload["id"])
        server.call("deleteUpload", 404, id=upload["id"])
    server.call("getUpload", 404, id=one["id"])


def library(server, lesson):
    wait_for("the lesson in the library", 10, lambda: any(
        one["id"] == lesson and not one["recording"] and one["duration_ns"] > 3e9
        for one in json.loads(server.ask("GET", "/api/v1/library")[2])["items"]))
    found = server.call("getLibrary", 200, query="?q=" + urllib.parse.quote("重点"))
    check(found and found["total"] == 1 and found["items"][0]["hits"][0]["kind"] == "mark",
          f"found by its mark: {found}")
    for bad in ("kind=x", "state=x", "trash=2", "sort=x", "limit=0", "limit=101", "limit=x", "after=x",
                "q=" + "x" * 201):
        server.call("getLibrary", 400, query="?" + bad)
    item = server.call("getItem", 200, id=lesson)
    check(item and len(item["tracks"]) == 3 and item["marks"][0]["label"] == "重点", f"the item: {item}")
    for operation in ("getItem", "deleteItem", "trashItem", "untrashItem"):
        server.call(operation, 404, id="nothing")
    subtitles(server, lesson)
    server.call("putMetadata", 404, {}, id="nothing")
    server.call("putMetadata", 200, {"title": "课", "subject": "物理"}, id=lesson)
    server.call("putMetadata", 428, {"title": "课"}, id=lesson)
    server.call("putMetadata", 412, {"title": "课"}, id=lesson, headers={"If-Match": '"x"'})
    server.call("putMetadata", 400, {"title": "x" * 10000}, id=lesson, headers={"If-Match": "*"})
    made = server.call("addCollection", 201, {"title": "合集", "items": [lesson, "gone"]})
    server.call("addCollection", 400, {"items": [lesson]})
    server.call("addCollection", 400, {"title": "x", "items": ["../x"]})
    uploads(server)
    one = made["id"]
    check(server.call("getCollections", 200)["collections"][0]["count"] == 2, "its items")
    check(server.call("getLibrary", 200, query="?collection=" + one)["total"] == 1, "those there are")
    server.call("getLibrary", 404, query="?collection=nothing")
    server.call("getCollection", 200, id=one)
    server.call("getCollection", 404, id="nothing")
    shown = server.call("getCollectionItems", 200, id=one)
    check(shown["title"] == "合集" and [item["id"] for item in shown["items"]] == [lesson], "what is in it")
    server.call("getCollectionItems", 404, id="collection-0")
    share = server.call("makeCollectionShare", 201, {"seconds": 100}, id=one)
    server.call("makeCollectionShare", 400, {"seconds": 0}, id=one)
    server.call("makeCollectionShare", 404, {}, id=lesson)
    check(server.call("getCollectionShares", 200, id=one)["shares"] == [share], "its links")
    server.call("getCollectionShares", 404, id="nothing")
    status, head, _ = server.ask("GET", share["url"], code=False)
    check(status == 303 and head["Location"] == f"/collections/{one}", f"the link: {status}")
    server.call("getCollectionPage", 200, id=one)
    server.call("revokeCollectionShare", 200, id=one, share=share["id"])
    server.call("revokeCollectionShare", 404, id=one, share=share["id"])
    server.call("putCollection", 428, {"title": "x"}, id=one)
    server.call("putCollection", 200, {"title": "x"}, id=one, headers={"If-Match": "*"})
    check(server.call("getLibrary", 200, query="?collection=" + one)["total"] == 0, "it is empty")
    server.call("deleteCollection", 200, id=one)
    server.call("deleteCollection", 404, id=one)
    terms = server.call("getVocabularies", 200)
    check({"term": "初中", "en": "Junior secondary"} in terms["stage"], "the usual terms")
    terms["subject"].append({"term": "书法", "en": "Calligraphy"})
    server.call("putVocabularies", 428, terms)
    terms["points"].append({"term": "惯性"})
    tag = server.ask("GET", "/api/v1/vocabularies")[1]["ETag"]
    server.call("putVocabularies", 200, terms, headers={"If-Match": tag})
    server.call("putVocabularies", 412, terms, headers={"If-Match": tag})
    server.call("putVocabularies", 400, {"stage": [{"term": ""}]}, headers={"If-Match": "*"})
    check(server.call("getVocabularies", 200) == terms, "the terms that were added")
    shares(server, lesson)
    jobs(server, lesson)
    server.call("deleteItem", 409, id=lesson)
    server.call("trashItem", 200, id=lesson)
    check(server.call("getLibrary", 200)["total"] == 0, "it lies in the trash")
    server.call("untrashItem", 200, id=lesson)


def clips(server, lesson):
    second = 1000 ** 3
    pieces = [{"lesson": lesson, "from_ns": second, "to_ns": 2 * second},
              {"lesson": lesson, "from_ns": 0, "to_ns": second // 30}]
    made = server.call("addClip", 201, {"title": "折射\u202e", "edl": {"pieces": pieces}})
    if not made:
        return
    clip = made["id"]
    check(made["version"] == 1 and made["edl"]["pieces"] == pieces, f"the clip: {made}")
    tag = server.ask("GET", f"/api/v1/clips/{clip}")[1]["ETag"]
    check(server.call("getClipMedia", 200, id=clip)[4:8] == b"ftyp", "the clip's media is no MP4")
    server.call("getClipMedia", 206, id=clip, headers={"Range": "bytes=0-7"})
    server.call("getClipMedia", 404, id="clip-20260101-000000-0000")
    item = server.call("getItem", 200, id=clip)
    check(item and item["title"] == "折射" and item["duration_ns"] == second + second // 30 and
          [(one["id"], len(one["tracks"])) for one in item["sources"]] == [(lesson, 3)], f"the item of the clip: {item}")
    check([one["id"] for one in server.call("getItem", 200, id=lesson)["used_by"]] == [clip], "who uses it")
    fault = server.call("trashItem", 409, id=lesson)
    check(fault and "折射" in fault["fault"]["zh"], f"a lesson in use: {fault}")
    more = {"edl": {"pieces": pieces * 500, "chapters": [{"time_ns": 5, "title": "一"}]}}
    server.call("putClip", 428, more, id=clip)
    saved = server.call("putClip", 200, more, id=clip, headers={"If-Match": tag})
    check(saved and saved["version"] == 2 and len(saved["edl"]["pieces"]) == 1000, "a thousand pieces")
    server.call("putClip", 412, {"edl": {"pieces": pieces}}, id=clip, headers={"If-Match": tag})
    versions = server.call("getClipVersions", 200, id=clip)
    check(versions and [one["version"] for one in versions["versions"]] == [2, 1], f"{versions}")
    first = server.call("getClipVersion", 200, id=clip, version="1")
    check(first == made, f"the first version: {first}")
    for bad in ("0", "3", "x", "00001"):
        server.call("getClipVersion", 404, id=clip, version=bad)
    for operation in ("getClip", "getClipVersions"):
        server.call(operation, 404, id="clip-nothing")
    server.call("putClip", 404, {"edl": {"pieces": pieces}}, id=lesson)
    for bad in ({"from_ns": 5, "to_ns": 5}, {"from_ns": 9, "to_ns": 5}, {"from_ns": 0, "to_ns": 3600 * second},
                {"from_ns": 3600 * second, "to_ns": 3601 * second},
                {"from_ns": 0, "to_ns": 5, "picture": {"layout": "single", "main": "camera-9"}}):
        server.call("addClip", 400, {"edl": {"pieces": [{"lesson": lesson, **bad}]}})
    server.call("addClip", 400, {"edl": {"pieces": pieces * 5001}})
    server.call("addClip", 400, {})
    server.call("addClip", 404, {"edl": {"pieces": [{"lesson": "gone", "from_ns": 0, "to_ns": 5}]}})
    server.call("trashItem", 200, id=clip)


def lesson_life(server):
    stream = events(server, lambda name, data: name == "rooms" and
                    data["rooms"][0]["state"] == "looking")
    stream.close()
    server.call("stopRecording", 409, room="main")
    server.call("addMark", 409, {"label": "x"}, room="main")
    started = server.call("startRecording", 201, {"title": "第一课"}, room="main")
    if not started:
        return
    lesson = started["lesson"]
    server.call("startRecording", 409, {}, room="main")
    mark = server.call("addMark", 201, {"label": "重点"}, room="main")
    wait_for("the lesson saved", 20, lambda: json.loads(server.ask("GET", "/api/v1/rooms/main")[2])
             ["status"].get("verified_ns", 0) > 3e9)
    running = server.call("getRecording", 200, id=lesson)
    check(running and running["state"] == "recording", "the running lesson's state")
    server.call("getRoom", 200, room="main")
    server.call("getRooms", 200)
    live(server)
    check(server.call("getMedia", 200, id=lesson), "nothing of the running lesson")
    wait_for("the first segments", 60, lambda: all(
        server.ask("GET", f"/live/main/{lesson}/{track}/0.m4s")[0] == 200 for track in ("camera", "sound")))
    tracks_and_hls(server, lesson, False)
    bad_tracks_and_hls(server, lesson)
    stopped = server.call("stopRecording", 200, room="main")
    check(stopped and stopped["lesson"] == lesson, "another lesson was stopped")
    ended = server.call("getRecording", 200, id=lesson)
    check(ended and ended["state"] == "ended" and ended["title"] == "第一课", "the ended lesson")
    check(ended and ended["duration_ns"] > 3e9 and ended["bytes"] > 10000, "its length")
    check(ended and mark and ended["marks"][0]["label"] == "重点" and
          ended["marks"][0]["time_ns"] == mark["time_ns"], "its mark")
    server.call("dropStick", 404, id=lesson)
    server.call("wantStick", 200, id=lesson)
    sticks = server.call("getSticks", 200)
    check([(stick["item"], stick["title"], stick["state"]) for stick in sticks["sticks"]] ==
          [(lesson, "第一课", "waiting")] and sticks["offered"], f"{sticks}")
    server.call("dropStick", 200, id=lesson)
    server.call("wantStick", 404, id="20260101-000000-none-0001")
    marks = server.call("getMarks", 200, id=lesson)
    check(marks and len(marks["marks"]) == 1, "marks")
    listed = server.call("getRecordings", 200)
    check(listed and [one["id"] for one in listed["recordings"]] == [lesson] and
          listed["next"] is None, "the list")
    behind = server.call("getRecordings", 200, query=f"?limit=100&before={lesson}")
    check(behind == {"recordings": [], "next": None}, f"behind the only one: {behind}")
    library(server, lesson)
    clips(server, lesson)
    edits(server, lesson)
    media(server, lesson)
    index = f"/api/v1/recordings/{lesson}/tracks/camera/index"
    wait_for("the tape's end", 10, lambda: json.loads(server.ask("GET", index)[2])["ended"])
    tracks_and_hls(server, lesson, True)
    thumb = server.call("getThumb", 200, id=lesson, track="camera", query="?t=1")
    check(thumb and thumb[:2] == b"\xff\xd8", "the thumbnail is no JPEG")
    server.call("getThumb", 400, id=lesson, track="camera", query="?t=x")
    server.call("getThumb", 404, id=lesson, track="nothing")
    wave = server.call("getWaveform", 200, id=lesson, track="sound")
    check(wave and max(wave["peaks"]) > 5, "the demo's tone is not in the waveform")
    part = server.call("getWaveform", 200, id=lesson, track="sound",
                       query="?from=1000000000&to=2000000000&points=10")
    check(part and (part["from_ns"], part["to_ns"], len(part["peaks"])) == (10**9, 2 * 10**9, 20) and
          any(part["peaks"]), f"a part of it: {part}")
    check(server.call("getWaveform", 200, id=lesson, track="sound",
                      query=f"?from={wave['duration_ns']}")["peaks"] == [], "nothing behind the end")
    for query in ("?from=2&to=1", "?from=1&to=1", "?points=4001", "?points=x"):
        server.call("getWaveform", 400, id=lesson, track="sound", query=query)
    sheet = server.call("getThumbs", 200, id=lesson, track="camera", query="?count=8") or b""
    check(int.from_bytes(sheet[8:12], "big") == len(sheet) - 12 and sheet[12:] == thumb,
          "the first thumbnail is the whole sheet")
    check(server.call("getThumbs", 200, id=lesson, track="camera", query="?count=0") == b"", "none asked")
    for query in ("?from=2&to=1", "?count=65"):
        server.call("getThumbs", 400, id=lesson, track="camera", query=query)
    server.call("getThumbs", 404, id=lesson, track="nothing")
    figures = server.call("getMetrics", 200).decode()
    check('lectern_room_state{room="main",state="idle"}' in figures, "metrics")


def the_recorder_goes(server, recorder):
    recorder.send_signal(signal.SIGTERM)
    recorder.wait(20)
    wait_for("away", 10, lambda: json.loads(server.ask("GET", "/api/v1/rooms/main")[2])["state"] ==
             "away")
    server.call("startRecording", 503, {}, room="main")
    server.call("stopRecording", 503, room="main")
    server.call("addMark", 503, {"label": "x"}, room="main")


def faults_at_start(data, config):
    def run(*more):
        return subprocess.run([BIN / "lectern-server", "--data", data, *more], text=True,
                              capture_output=True, check=False, timeout=20)
    second = run("--listen", "127.0.0.1:0")
    check(second.returncode == 1 and "Another lectern-server" in second.stderr, f"second server: {second.stderr}")
    config.write_text("[server]\nlisten = 127.0.0.1:0\n\n[disc]\ndata = x\n")
    wrong = run("--config", config)
    check(wrong.returncode == 1 and "line 5" in wrong.stderr, f"wrong section: {wrong.stderr}")
    bad = run("--listen", "here")
    check(bad.returncode == 1 and "ADDRESS:PORT" in bad.stderr, f"bad address: {bad.stderr}")


def a_taken_port(server, folder):
    process = subprocess.run([BIN / "lectern-server", "--data", folder, "--listen", server.address],
                             text=True, capture_output=True, check=False, timeout=20)
    check(process.returncode == 1 and "taken by another program" in process.stderr,
          f"taken port: {process.stderr}")


def main():
    if not (BIN / "lectern-recorder").exists():
        print("no lectern-recorder here")
        return 77
    routes_and_description_agree()
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        config = pathlib.Path(folder) / "lectern.conf"
        config.write_text("[library]\nsticks = yes\n[room main]\nname = 一班\nsource = demo\n", encoding="utf-8")
        server = DescribedServer(data, "--config", config, "--web", ROOT / "control" / "web")
        server.data = data
        recorder = None
        try:
            access(server)
            watch_links(server)
            pushes(server)
            bad_input(server)
            faults_at_start(data, pathlib.Path(folder) / "wrong.conf")
            a_taken_port(server, pathlib.Path(folder) / "other")
            recorder = subprocess.Popen([BIN / "lectern-recorder", "--room", "main", "--data", data,
                                         "--config", config])
            wait_for("the recorder", 15, lambda: json.loads(
                server.ask("GET", "/api/v1/rooms/main")[2])["online"])
            lesson_life(server)
            the_recorder_goes(server, recorder)
            missing = set(operations()) - called
            check(not missing, f"never called: {missing}")
        finally:
            if recorder and recorder.poll() is None:
                recorder.terminate()
                recorder.wait(20)
            check(server.stop() == 0, "the server did not end properly")
    print(f"{len(called)} operations called, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
