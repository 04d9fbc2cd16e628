# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of WebSocket for tests, on a socket of its own: it can do what a browser would not."""

import base64
import json
import os
import socket
import struct
import time

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """Answered with another status than 101."""

    def __init__(self, status, head, body):
        super().__init__(f"{status}: {body}")
        self.status, self.head, self.body = status, head, body


class WebSocket:
    def __init__(self, port, path, headers=None, source="127.0.0.1", receive_buffer=0, tls=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        if tls:  # an ssl.SSLContext
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.bytes = b""
        self.limit(None)
        self.closed = None
        lines = {"Host": f"127.0.0.1:{port}", "Connection": "Upgrade", "Upgrade": "websocket",
                 "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Version": "13"}
        lines.update(headers or {})
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{text}\r\n".encode())
        head = self._until(b"\r\n\r\n").decode()
        status = int(head.split()[1]) if head else 0
        if status != 101:
            body = b""
            while part := self.socket.recv(65536):
                body += part
            self.socket.close()
            raise Refused(status, head, (self.bytes + body).decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def limit(self, bps):
        """Reads no faster than so many bits a second from now on; None: as fast as it comes."""
        self.bps, self.since, self.read = bps, time.monotonic(), 0

    def _more(self):
        if self.bps:
            time.sleep(max(0, self.since + 8 * self.read / self.bps - time.monotonic()))
        part = self.socket.recv(4096 if self.bps else 1 << 18)
        self.bytes += part
        self.read += len(part)
        return bool(part)

    def _until(self, mark):
        while mark not in self.bytes:
            if not self._more():
                return b""
        head, _, self.bytes = self.bytes.partition(mark)
        return head

    def _take(self, n):
        while len(self.bytes) < n:
            if not self._more():
                raise EOFError
        taken, self.bytes = self.bytes[:n], self.bytes[n:]
        return taken

    def frame(self):
        """Kind and bytes of the next frame; EOFError: the connection is gone."""
        kind, n = struct.unpack("!BB", self._take(2))
        if n == 126:
            n = struct.unpack("!H", self._take(2))[0]
        elif n == 127:
            n = struct.unpack("!Q", self._take(8))[0]
        return kind & 15, self._take(n)

    def message(self):
        """The next message: a dict, bytes, or None when it was closed (self.closed is the code)."""
        while True:
            try:
                kind, data = self.frame()
            except EOFError:
                return None
            if kind == PING:
                self.send(PONG, data)
            elif kind == TEXT:
                return json.loads(data)
            elif kind == BINARY:
                return data
            elif kind == CLOSE:
                self.closed = struct.unpack("!H", data[:2])[0] if data else 1005
                self.send(CLOSE, data)
                return None

    def send(self, kind, data):
        mask = os.urandom(4)
        n = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(bytes([0x80 | kind]) + n + mask + masked)
