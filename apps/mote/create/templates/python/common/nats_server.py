"""A real nats-server for a test, on a free port of 127.0.0.1, with JetStream."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time


class NatsServer:
    """Runs from `start` to `stop`. MOTE_TEST_NATS_SERVER may name another program than the nats-server in PATH."""

    def start(self):
        path = os.environ.get("PATH", "") + ":/usr/local/bin:/usr/sbin"
        program = os.environ.get("MOTE_TEST_NATS_SERVER") or shutil.which("nats-server", path=path)
        if not program:
            raise RuntimeError("there is no nats-server in PATH")
        self.directory = tempfile.TemporaryDirectory()
        where = self.directory.name
        line = [program, "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", where, "--ports_file_dir", where]
        with open(pathlib.Path(where) / "log", "wb") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log)
        self.url = self._wait_for_url()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.directory.cleanup()

    def _wait_for_url(self):
        """It writes its addresses into a file when it listens."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            for ports in pathlib.Path(self.directory.name).glob("*.ports"):
                text = ports.read_text()
                if text.endswith("}"):
                    return json.loads(text)["nats"][0]
            time.sleep(0.02)
        said = (pathlib.Path(self.directory.name) / "log").read_text()
        self.process.kill()
        raise RuntimeError("nats-server does not start: " + said)
