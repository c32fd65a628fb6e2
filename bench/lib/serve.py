"""Pages over HTTP, beside nginx with the same bytes in files."""

import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

from lib.machine import free_port, median, program
from lib.report import Row, duration
from lib.sandbox import page_request
from lib.server import SEARCH
from lib.wire import Http, get, post, wrk

TITLE = "Pages of 100 users out of 100,000"
NOTE = (
    "wrk, keep-alive, all pages in turn. Ours: `POST /api/v2/users/search` with a token, checked each "
    "time; the body is that of the documented call, `{\"pageSize\":100,\"pageNumber\":N}`, which shows the "
    "active users, and for comparison one that asks for users of every state. nginx: the bodies of the same answers as static files, without a token, with the "
    "fastest of the settings tried. CPU is what the server used per page, all its processes."
)
NEEDS = ["nginx", "wrk"]
USERS, PAGE, CONNECTIONS = 100_000, 100, 16
# Workers, sendfile.
SETTINGS = [(1, "on"), (2, "on"), (1, "off"), (2, "off")]


def measure(bench):
    with bench.server(bench.orgs.store(USERS)) as server:
        client = Http(server.url)
        seed = {"pageSize": PAGE, "pageNumber": 1}
        first = json.loads(client.answer(post(server.url, SEARCH, seed, server.token)))
        client.close()
        active = [{"pageSize": PAGE, "pageNumber": number} for number in range(1, first["pageCount"] + 1)]
        everybody = [page_request(number, PAGE) for number in range(1, USERS // PAGE + 1)]
        return {"active": beside(bench, server, active, (1, 2)), "everybody": beside(bench, server, everybody, (2,))}


def beside(bench, server, bodies, threads):
    """These pages from us, and as files from nginx."""
    trial, length = (1, 2) if bench.quick else (2, 4)
    asked = [post(server.url, SEARCH, body, server.token) for body in bodies]
    files = bench.folder / f"files-{len(bodies)}"
    size = save(server, asked, files)
    paths = [f"/{number}.json" for number in range(len(bodies))]
    tried = {}
    for setting in SETTINGS:
        with Nginx(bench.folder, files, *setting) as nginx:
            gets = [get(nginx.url, path) for path in paths]
            tried[setting] = wrk(nginx.url, bench.folder, gets, CONNECTIONS, trial)["requests"]
    best = max(tried, key=tried.get)
    by_threads = {}
    with Nginx(bench.folder, files, *best) as nginx:
        check(nginx, paths, files)
        gets = [get(nginx.url, path) for path in paths]
        wrk(server.url, bench.folder, asked, CONNECTIONS, trial)
        for count in threads:
            sides = {
                "ours": (server.url, asked, [server.process.pid]),
                "nginx": (nginx.url, gets, nginx.workers()),
            }
            by_threads[count] = race(bench, sides, length, count)
    return {"page_bytes": size, "nginx": {"workers": best[0], "sendfile": best[1]}, "threads": by_threads}


def race(bench, sides, length, threads):
    """Both in turn, several times; the medians of each."""
    runs = {side: [] for side in sides}
    for _ in range(bench.repetitions):
        for side, (url, requests, pids) in sides.items():
            before = cpu_seconds(pids)
            summary = wrk(url, bench.folder, requests, CONNECTIONS, length, threads)
            summary["cpu_s"] = cpu_seconds(pids) - before
            runs[side].append(summary)
    return {
        side: {
            "per_s": median(run["requests"] / run["seconds"] for run in all),
            "cpu_us": median(run["cpu_s"] / run["requests"] * 1e6 for run in all),
            "p50_us": median(run["p50_us"] for run in all),
            "p99_us": median(run["p99_us"] for run in all),
        }
        for side, all in runs.items()
    }


def rows(raw):
    for asked, words, goal in [("active", "active users", 0.7), ("everybody", "users of every state", None)]:
        kind = raw[asked]
        nginx = f"nginx, {kind['nginx']['workers']} worker(s), sendfile {kind['nginx']['sendfile']}"
        yield Row(f"Bytes of a page of {words}", f"{kind['page_bytes']:,.0f}")
        for threads, race in kind["threads"].items():
            ours, theirs = race["ours"], race["nginx"]
            yield Row(
                f"Pages of {words} a second, {CONNECTIONS} connections, {threads} thread(s) of wrk",
                f"{ours['per_s']:,.0f}",
                f"{nginx}: {theirs['per_s']:,.0f}",
                ours["per_s"] / theirs["per_s"],
                at_least=goal,
            )
            for what, field in [("half of them within", "p50_us"), ("99 % within", "p99_us"), ("CPU per page", "cpu_us")]:
                us, them = ours[field] / 1e6, theirs[field] / 1e6
                yield Row(f"The same, {what}", duration(us), f"nginx: {duration(them)}", us / max(them, 1e-9))


def save(server, asked, files):
    """Writes the body of every answer to a file; gives the mean size."""
    files.mkdir(exist_ok=True)
    client, size = Http(server.url), 0
    for number, request in enumerate(asked):
        body = client.answer(request)
        size += len(body)
        (files / f"{number}.json").write_bytes(body)
    client.close()
    return size / len(asked)


def check(nginx, paths, files):
    """That nginx serves these bytes."""
    client = Http(nginx.url)
    for path in paths[::97]:
        assert client.answer(get(nginx.url, path)) == (files / path[1:]).read_bytes()
    client.close()


class Nginx:
    """nginx with a folder of files, made to be as fast as it can."""

    def __init__(self, folder, files, workers, sendfile):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        user = "user root;" if os.geteuid() == 0 else ""
        conf = folder / "nginx.conf"
        conf.write_text(
            f"{user} worker_processes {workers}; daemon off; pid {folder}/nginx.pid; error_log stderr crit;\n"
            "events { worker_connections 1024; }\n"
            "http {\n"
            f"  access_log off; sendfile {sendfile}; tcp_nopush on; tcp_nodelay on; keepalive_timeout 600;\n"
            "  keepalive_requests 1000000000; open_file_cache max=4096 inactive=600s;\n"
            "  open_file_cache_valid 600s; output_buffers 2 256k; types { application/json json; }\n"
            f"  client_body_temp_path {folder}/nginx-body; proxy_temp_path {folder}/nginx-proxy;\n"
            f"  fastcgi_temp_path {folder}/nginx-f; uwsgi_temp_path {folder}/nginx-u; scgi_temp_path {folder}/nginx-s;\n"
            f"  server {{ listen 127.0.0.1:{port} backlog=1024; root {files}; }}\n"
            "}\n"
        )
        command = [program("nginx"), "-p", str(folder), "-c", str(conf), "-e", "stderr"]
        self.process = subprocess.Popen(command)

    def __enter__(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url + "/0.json").close()
                return self
            except urllib.error.URLError:
                time.sleep(0.02)
        raise TimeoutError("nginx did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def workers(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


def cpu_seconds(pids):
    """Processor time that processes have used."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
