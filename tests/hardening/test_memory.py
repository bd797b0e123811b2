"""What an attacker would look for in the daemon's memory, or in a core of it."""

import re

import harness
from harness import TOWN

SECOND, THIRD = "另一个长的密码 2", "第三个长的密码 3"


def found_in_memory(pid, needle):
    """Where in the process's memory these bytes stand."""
    places = []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            first, last = (int(number, 16) for number in line.split()[0].split("-"))
            if "rw" not in line:
                continue
            memory.seek(first)
            places += [f"{first + match.start():x} in {line.strip()}" for match in re.finditer(re.escape(needle),
                                                                                             memory.read(last - first))]
    return places


class Memory(harness.Case):
    def not_in_memory(self, text):
        self.assertEqual(found_in_memory(self.centre.process.pid, text if isinstance(text, bytes) else text.encode()), [])

    def test_no_password_stays(self):
        device = self.centre.new_device()
        with self.centre.admin() as admin:
            for login, password in (("office2", SECOND), ("chair", THIRD)):
                admin.call("SetPassword", town_id=TOWN, login=login, password=password)
                self.not_in_memory(password)
            with self.centre.unix() as client:
                client.hello(TOWN)
                client.login("office2", SECOND)
                self.not_in_memory(SECOND)
            with self.centre.tcp() as client:
                client.hello(TOWN, device)
                client.login("chair", THIRD)
                self.not_in_memory(THIRD)

    def test_no_token_stays(self):
        with self.centre.unix() as client:
            client.hello(TOWN)
            token = client.login("office", harness.PASSWORD)["token"]
        with self.centre.unix() as client:
            client.hello(TOWN, token=token)
            self.assertEqual(client.caller["login"], "office")
            self.not_in_memory(token)

    def test_what_is_there_is_found(self):
        with self.centre.connect("office"):
            self.assertTrue(found_in_memory(self.centre.process.pid, b"office"))

    def test_the_secret_is_locked_and_makes_no_core(self):
        with open(harness.files().secret, "rb") as file:
            places = found_in_memory(self.centre.process.pid, file.read())
        self.assertEqual(len(places), 1, "one copy")
        with open(f"/proc/{self.centre.process.pid}/status", encoding="ascii") as file:
            self.assertGreater(int(re.search(r"VmLck:\s+(\d+)", file.read())[1]), 0)
        with open(f"/proc/{self.centre.process.pid}/limits", encoding="ascii") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")
