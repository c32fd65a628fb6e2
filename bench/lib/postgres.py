"""PostgreSQL with the users of a roster, indexed for the questions that are asked of it."""

import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

from lib.machine import free_port, program
from lib.questions import PAGE
from lib.wire import Postgres

DATABASE = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "20",
    # All of the data fits.
    "shared_buffers": "3GB",
    "effective_cache_size": "8GB",
    "work_mem": "128MB",
    "maintenance_work_mem": "1GB",
    "random_page_cost": "1.1",
    # Compiling costs more than it saves in questions that take milliseconds.
    "jit": "off",
    "max_parallel_workers_per_gather": "2",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "autovacuum": "off",
}

# Text is kept lower-cased and compared by its bytes, as the search does. Documents lie outside the
# rows, so that counting does not read past them.
TABLES = r"""
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gin;
CREATE UNLOGGED TABLE loaded (document text);
COPY loaded FROM STDIN WITH (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01');
CREATE TABLE person (
    id uuid PRIMARY KEY,
    state text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    email text COLLATE "C",
    department text COLLATE "C",
    words tsvector,
    title text COLLATE "C",
    division text COLLATE "C",
    hired text COLLATE "C",
    document text NOT NULL
) WITH (toast_tuple_target = 128, autovacuum_enabled = off);
ALTER TABLE person ALTER document SET STORAGE EXTERNAL;
"""
FILL = """
INSERT INTO person
    SELECT (j->>'id')::uuid, j->>'state', lower(j->>'name'), lower(j->>'email'), lower(j->>'department'),
        to_tsvector('simple', j->>'department'), lower(j->>'title'), lower(j->'division'->>'name'),
        j->'employerInfo'->>'dateHire', document
    FROM (SELECT document, document::jsonb j FROM loaded OFFSET 0) l ORDER BY 1;
DROP TABLE loaded;
CREATE TABLE department AS SELECT DISTINCT department, words FROM person WHERE department IS NOT NULL;
"""
INDEXES = [
    "CREATE INDEX ON person (email)",
    "CREATE INDEX ON person (name, id) INCLUDE (state)",
    "CREATE INDEX ON person (name, id) WHERE state = 'active'",
    "CREATE INDEX ON person (id) WHERE state = 'active'",
    "CREATE INDEX ON person USING gin (name gin_trgm_ops)",
    "CREATE INDEX ON person USING gin (name gin_trgm_ops) WHERE state = 'active'",
    "CREATE INDEX ON person USING gin (words, state)",
    "CREATE INDEX ON person (department, state, name, id)",
    "CREATE INDEX ON person (title, state, name, id)",
    "CREATE INDEX ON person (division, state, name, id)",
    "CREATE INDEX ON person (hired, id) WHERE state = 'active'",
    "VACUUM (ANALYZE) person",
    "ANALYZE department",
    "CREATE EXTENSION pg_prewarm",
    "SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND relnamespace::regnamespace::text IN ('public', 'pg_toast')",
]


class Cluster:
    """A PostgreSQL of its own, in a temporary folder, gone afterwards."""

    def __init__(self, settings=SETTINGS):
        self.settings = settings
        # PostgreSQL refuses to run as root.
        self.user = unprivileged()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headcount-bench-postgres-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data, self.port = self.folder / "data", free_port()

    def __enter__(self):
        try:
            init = ["--username", "bench", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
            self.run("initdb", "--pgdata", self.data, *init)
            options = " ".join(f"-c {name}='{value}'" for name, value in {**self.settings, "port": self.port}.items())
            log = self.folder / "log"
            self.run("pg_ctl", "start", "--wait", "--pgdata", self.data, "--log", log, "--options", options)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "stop", "--wait", "--mode", "immediate", "--pgdata", self.data)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name, *arguments):
        command = [program(name), *map(str, arguments)]
        # What keeps running must not hold a pipe open.
        with tempfile.TemporaryFile() as errors:
            run = subprocess.run(
                command, user=self.user, group=self.user and pwd.getpwnam(self.user).pw_gid, extra_groups=[] if self.user else None,
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            )
            errors.seek(0)
            if run.returncode != 0:
                sys.exit(f"{name} failed with {run.returncode}: {errors.read().decode()[-2000:]}")

    def load(self, documents):
        """Makes the tables from a file with a document per line, and warms them."""
        sql = TABLES + FILL
        before, after = sql.split("COPY", 1)
        copy, after = after.split(";", 1)
        script = self.folder / "load.sql"
        script.write_text(f"{before}\\copy {copy.replace('STDIN', 'PSTDIN').strip()}\n{after}")
        with open(documents) as lines:
            self.psql(["--single-transaction", "--file", str(script)], lines)
        for statement in INDEXES:
            self.psql(["--command", statement])

    def database(self, name):
        """Makes an empty database; gives its URL."""
        self.psql(["--command", f"CREATE DATABASE {name}"])
        return f"postgres://bench@127.0.0.1:{self.port}/{name}"

    def psql(self, arguments, stdin=subprocess.DEVNULL):
        command = [program("psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--username", "bench", "--dbname", DATABASE, *arguments]
        run = subprocess.run(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            sys.exit(f"psql failed with {run.returncode}: {run.stderr[-2000:]}")

    def ask(self, *statements):
        """The rows of the last statement as texts, and how long psql took for all of them."""
        command = [program("psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator", "\t"]
        command += ["--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1", "--port", str(self.port), "--username", "bench"]
        command += ["--dbname", DATABASE, *(part for statement in statements for part in ("--command", statement))]
        began = time.perf_counter()
        run = subprocess.run(command, capture_output=True, text=True)
        took = time.perf_counter() - began
        if run.returncode != 0:
            sys.exit(f"psql failed with {run.returncode}: {run.stderr[-2000:]}")
        return [line.split("\t") for line in run.stdout.splitlines()], took

    def client(self):
        return Postgres(self.port, "bench", DATABASE)


def statements(question):
    """Every way to ask for the number of all and the documents of a page in one statement. The
    values of the condition come first, then how many rows are skipped."""
    first = question.order.split(",")[0]
    for where in question.where:
        skip = f"${highest(where) + 1}::bigint"
        page = f"ORDER BY {question.order} LIMIT {PAGE} OFFSET {skip}"
        count = f"(SELECT count(*) FROM person WHERE {where})"
        # The page from an index in the right order, counted apart.
        yield f"SELECT {count}, document FROM person WHERE {where} {page}"
        # The same, but the documents are read for the page alone.
        chosen = f"SELECT id FROM person WHERE {where} {page}"
        yield f"SELECT {count}, document FROM ({chosen}) p JOIN person USING (id) ORDER BY {question.order}"
        # Everything that matches once, for both.
        hits = f"WITH hit AS MATERIALIZED (SELECT id, {first} AS key FROM person WHERE {where})"
        keyed = question.order.replace(first, "key", 1)
        chosen = f"SELECT id FROM hit ORDER BY {keyed} LIMIT {PAGE} OFFSET {skip}"
        yield f"{hits} SELECT (SELECT count(*) FROM hit), document FROM ({chosen}) p JOIN person USING (id) ORDER BY {question.order}"


def highest(where):
    """The highest parameter in a condition."""
    return max([number for number in range(1, 10) if f"${number}" in where], default=0)


def unprivileged():
    """Somebody who may run a database; nobody to become if we are no superuser."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            pass
    sys.exit("PostgreSQL does not run as root, and there is no user postgres or nobody")
