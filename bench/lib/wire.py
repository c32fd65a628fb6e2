"""Clients that put as little as possible between a question and its answer: one socket each, bytes
made beforehand, so that both sides of a comparison bear the same cost."""

import json
import socket
import struct
import subprocess
import sys
import urllib.parse

from lib.machine import BENCH


class Closed(Exception):
    """The other side hung up."""


def post(url, path, body, token):
    """A search as it goes over the wire."""
    content = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urllib.parse.urlsplit(url).netloc}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def get(url, path):
    return f"GET {path} HTTP/1.1\r\nHost: {urllib.parse.urlsplit(url).netloc}\r\n\r\n".encode()


class Http:
    """One connection, kept alive."""

    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((place.hostname, place.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = bytearray(1 << 20)

    def close(self):
        self.socket.close()

    def ask(self, request):
        """Sends a request. Gives the length of the head and of all that came; see `answer`."""
        self.socket.sendall(request)
        have, whole = 0, None
        while whole is None or have < whole[1]:
            have += self.receive(have)
            if whole is None:
                whole = measure_answer(self.room, have)
                if whole and whole[1] > len(self.room):
                    self.room.extend(bytes(whole[1] - len(self.room)))
        return whole

    def receive(self, have):
        count = self.socket.recv_into(memoryview(self.room)[have:])
        if count == 0:
            raise Closed
        return count

    def answer(self, request):
        """Sends a request and reads the answer: its body, if the status is 200."""
        head, end = self.ask(request)
        status = bytes(self.room[9:12])
        if status != b"200":
            sys.exit(f"status {status.decode()} in place of an answer")
        return bytes(self.room[head:end])


def measure_answer(room, have):
    """Lengths of the head, and of head and body; nothing while the head is not there."""
    end = room.find(b"\r\n\r\n", 0, have)
    if end < 0:
        return None
    head = bytes(room[:end]).lower()
    at = head.find(b"content-length:")
    if at < 0:
        sys.exit("an answer that does not tell its length")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    return end + 4, end + 4 + length


class Postgres:
    """One connection to PostgreSQL, login by trust, prepared statements, values as text."""

    END = b"Z\0\0\0\5I"

    def __init__(self, port, user, database):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = bytearray(1 << 20)
        options = f"user\0{user}\0database\0{database}\0\0".encode()
        self.ask(struct.pack(">II", len(options) + 8, 196608) + options)

    def close(self):
        self.socket.close()

    def prepare(self, name, sql):
        text = name.encode() + b"\0" + sql.encode() + b"\0" + struct.pack(">H", 0)
        self.ask(message(b"P", text) + message(b"S", b""))

    @staticmethod
    def execution(name, values):
        """The bytes that run a prepared statement."""
        bound = b"\0" + name.encode() + b"\0" + struct.pack(">HH", 0, len(values))
        for value in values:
            text = str(value).encode()
            bound += struct.pack(">I", len(text)) + text
        bound += struct.pack(">H", 0)
        execute = b"\0" + struct.pack(">I", 0)
        return message(b"B", bound) + message(b"E", execute) + message(b"S", b"")

    def ask(self, request):
        """Sends messages and reads until the server is ready again; gives the length."""
        self.socket.sendall(request)
        have = 0
        while True:
            if have == len(self.room):
                self.room.extend(bytes(have))
            count = self.socket.recv_into(memoryview(self.room)[have:])
            if count == 0:
                raise Closed
            have += count
            # No row ends so: the last column is a document.
            if self.room.endswith(self.END, max(0, have - 6), have):
                return have

    def rows(self, request):
        """Sends messages and reads the rows of the answer."""
        end = self.ask(request)
        rows, at = [], 0
        while at < end:
            kind, (size,) = self.room[at : at + 1], struct.unpack_from(">I", self.room, at + 1)
            if kind == b"E":
                sys.exit(f"PostgreSQL: {bytes(self.room[at + 5 : at + 1 + size])!r}")
            if kind == b"D":
                rows.append(self.fields(at + 5))
            at += 1 + size
        return rows

    def fields(self, at):
        (count,) = struct.unpack_from(">H", self.room, at)
        at += 2
        fields = []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", self.room, at)
            at += 4
            fields.append(None if size < 0 else bytes(self.room[at : at + size]))
            at += max(size, 0)
        return fields


def message(kind, content):
    return kind + struct.pack(">I", len(content) + 4) + content


def wrk(url, folder, requests, connections, seconds, threads=1):
    """Load from wrk, which sends `requests` in turn; every answer must be a good one."""
    path = folder / "requests"
    path.write_bytes(b"".join(b"%d\n%s" % (len(request), request) for request in requests))
    command = ["wrk", "-t", threads, "-c", connections, "-d", f"{seconds}s", "--timeout", "30s", "--latency"]
    command += ["-s", BENCH / "lib" / "requests.lua", url, "--", path]
    run = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    summary = json.loads(run.stdout.splitlines()[-1])
    if summary["failed"] or summary["refused"] or not summary["requests"]:
        sys.exit(f"wrk saw failures: {summary}")
    return summary
