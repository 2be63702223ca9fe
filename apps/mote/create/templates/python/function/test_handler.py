import sys
import threading
import unittest
import urllib.request

sys.path.insert(0, "function")
import handler


class Greet(unittest.TestCase):
    def setUp(self):
        self.server = handler.serve(0)
        self.addCleanup(self.server.server_close)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.shutdown)

    def ask(self, body):
        address = f"http://127.0.0.1:{self.server.server_port}/"
        with urllib.request.urlopen(address, data=body, timeout=10) as answer:
            return answer.read().decode()

    def test_greets_who_is_named(self):
        self.assertEqual(self.ask(b"Ada"), "Hello, Ada!\n")

    def test_greets_the_world_when_nobody_is(self):
        self.assertEqual(self.ask(b""), "Hello, World!\n")


if __name__ == "__main__":
    unittest.main()
