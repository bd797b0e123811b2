"""Posts of a town: provisioning that breaks off, devices enrolled by hand and revoked, and what no log may hold."""

import base64
import hashlib
import os
import re
import secrets
import signal
import time
import uuid

import centre as c


def new_id():
    """A UUIDv7."""
    value = int(time.time() * 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


class Provision(c.Case):
    TOWN = 533421008

    def test_killed_in_the_middle_it_is_completed_by_the_next_run(self):
        centre, admin = c.sample().centre, c.sample().profile("admin")
        server = c.sample().settings("office")
        files = c.small_files(self.TOWN)
        path = os.path.join(c.fresh("posts"), "profiles")
        provision = ["provision", path, "--town", str(self.TOWN), "--address", server["address"], "--server-key",
                     server["server_key"]]
        town = c.lvzhi(None, "csv-town", os.path.join(files, "town.csv")).out
        self.said(c.lvzhi(admin, "call", "CreateTown", town), c.DONE)
        self.said(c.lvzhi(admin, *provision, "--bootstrap"), c.DONE)
        self.said(c.lvzhi(os.path.join(path, "office"), "import", files), c.DONE)

        def made():
            return {name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name)) and "." not in name}
        wanted = {"office", "chair", "auditor", "backup", "G01", "G02", "L01", "L02", "U01", "D001", "D002", "D003",
                  "D004"}
        kills = 0
        for count in (1, 3, 5, 8):
            if len(made()) >= len(wanted):
                break
            with open(os.devnull, "w") as null:
                command = c.child([c.LVZHI, "--profile", admin, *provision], stdout=null, stderr=null,
                                  env=c.environment())
            c.wait_until(lambda: len(made()) > count or command.poll() is not None, 60, "some profiles")
            command.send_signal(signal.SIGKILL)
            kills += command.wait(10) == -signal.SIGKILL
        self.assertGreater(kills, 1)
        said = self.said(c.lvzhi(admin, *provision), c.DONE)
        self.assertEqual(made(), wanted)
        self.assertRegex(said.out, r"provision: made \d+, already there \d+")
        for name in sorted(wanted):
            self.said(c.lvzhi(os.path.join(path, name), "health"), c.DONE)
        town = c.Place(centre, path, self.TOWN)
        accounts = c.lvzhi(admin, "call", "ListAccounts", f'{{"town_id": {self.TOWN}}}').json()["accounts"]
        self.assertEqual(sorted(a["login"] for a in accounts), sorted(wanted))
        self.assertEqual(sorted(town.json("L01", "threeno", *c.YEAR)["people"]), ["D001", "D002"])
        before = {name: c.read_profile(os.path.join(path, name)) for name in wanted}
        self.said(c.lvzhi(admin, *provision), c.DONE)
        self.assertEqual({name: c.read_profile(os.path.join(path, name)) for name in wanted}, before)

    def test_it_is_for_administrators(self):
        server = c.sample().settings("office")
        words = ["provision", os.path.join(c.fresh("posts"), "p"), "--town", c.SMALL_TOWN,
                 "--address", server["address"], "--server-key", server["server_key"]]
        self.said(c.sample().run("office", *words), c.REFUSED)
        self.said(c.sample().run("admin", *words[:2]), c.USAGE, "--town")
        self.said(c.sample().run("admin", *words[:4]), c.USAGE, "--address")


class Device(c.Case):
    """A new PC for a room, as an administrator and its clerk do it by hand."""

    def admin(self, method, **fields):
        return c.sample().run("admin", "call", method, c.json.dumps({"town_id": c.SMALL_TOWN, **fields}))

    def make_device(self):
        code, device = secrets.token_hex(16), new_id()
        hash = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        self.said(self.admin("CreateDevice", device_id=device, name="一号活动室", code_hash=hash), c.DONE)
        return code, device

    def enrol(self, path, code):
        server = c.small().settings("office")
        return c.lvzhi(path, "enrol", code, "--address", server["address"], "--server-key", server["server_key"],
                       "--town", c.SMALL_TOWN, "--login", "G01")

    def test_a_device_is_enrolled_used_and_revoked(self):
        c.small()
        code, device = self.make_device()
        path = os.path.join(c.fresh("pc"), "room")
        self.said(self.enrol(path, code), c.DONE)
        settings = c.read_profile(path)
        self.assertEqual(settings["device"], device)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.join(os.path.dirname(path), settings["device_key"])).st_mode & 0o777, 0o600)
        password = c.small().settings("G01")["password"]
        self.said(c.lvzhi(path, "login", "G01", stdin=password + "\n"), c.DONE)
        self.assertNotIn("password", c.read_profile(path))
        self.said(c.lvzhi(path, "attendance", "record", "M007", "D002=present"), c.DONE)

        used = self.enrol(os.path.join(c.fresh("pc"), "other"), code)
        self.said(used, c.REFUSED, "登记码不对、已用过或已过期")
        wrong = self.enrol(os.path.join(c.fresh("pc"), "third"), "0" * 32)
        self.said(wrong, c.REFUSED, "登记码不对、已用过或已过期")

        listed = {d["device_id"]: d for d in self.admin("ListDevices").json()["devices"]}
        self.assertIn("enrolled_us", listed[device])
        self.said(self.admin("RevokeDevice", device_id=device), c.REFUSED)  # without a reason
        self.said(self.admin("RevokeDevice", device_id=device, reason="电脑丢失"), c.DONE)
        for words in (["health"], ["meetings"], ["attendance", "record", "M007", "D002=absent"]):
            said = self.said(c.lvzhi(path, *words), c.REFUSED, "这台电脑")
            self.assertIn("lvzhi enrol", said.err)
        self.said(c.small().run("G01", "health"), c.DONE)  # the room's other machine goes on

    def test_another_machines_key_is_refused(self):
        settings, other = c.small().settings("G01"), c.small().settings("G02")
        for key in ("device_key", "outbox"):
            settings[key] = os.path.join(c.small().path, other[key])
        settings.pop("token", None)
        path = os.path.join(c.fresh("pc"), "room")
        c.write_profile(path, settings)
        self.assertEqual(c.lvzhi(path, "health").code, c.REFUSED)

    def test_a_token_is_of_no_use_on_another_machine(self):
        self.said(c.small().run("G01", "health"), c.DONE)
        settings, other = c.small().settings("G02"), c.small().settings("G01")
        settings = {k: v for k, v in settings.items() if k not in ("password", "token", "login")}
        for key in ("device_key", "outbox"):
            settings[key] = os.path.join(c.small().path, settings[key])
        path = os.path.join(c.fresh("pc"), "room")
        c.write_profile(path, {**settings, "token": other["token"]})
        self.said(c.lvzhi(path, "meetings"), c.REFUSED)


class Privacy(c.Case):
    def test_no_password_token_or_resident_is_in_a_log(self):
        centre = c.sample().centre
        secret = set()
        for place in (c.sample(), c.small()):
            for name in os.listdir(place.path):
                if os.path.isfile(place.profile(name)):
                    settings = place.settings(name)
                    secret |= {settings[key] for key in ("password", "token") if key in settings}
        self.assertGreater(len(secret), 200)
        wrong = "错误的密码-do-not-log"
        settings = {k: v for k, v in c.small().settings("U01").items() if k != "token"}
        settings["device_key"] = os.path.join(c.small().path, settings["device_key"])
        path = os.path.join(c.fresh("pc"), "wrong")
        c.write_profile(path, {**settings, "password": wrong, "outbox": "box.db"})
        self.said(c.lvzhi(path, "health"), c.REFUSED)
        secret.add(wrong)
        with open(os.path.join(c.SAMPLE, "feedback.csv"), encoding="utf-8") as file:
            secret |= {phone for phone in re.findall(r"\b1\d{10}\b", file.read())}
        logs = [os.path.join(folder, name) for folder, _, names in os.walk(centre.data) for name in names
                if "log" in name and "/pg/data/" not in folder + "/"]
        logs += [centre.log, os.path.join(centre.data, "lvzhid.ini"), os.path.join(centre.data, "pg/log")]
        self.assertIn(os.path.join(centre.data, "lvzhid.log"), logs)
        for log in set(logs):
            with open(log, encoding="utf-8", errors="replace") as file:
                text = file.read()
            self.assertEqual([s for s in secret if s in text], [], log)

    def test_passwords_are_kept_as_argon2id_and_tokens_as_hashes(self):
        centre = c.sample().centre
        kinds = centre.sql("select distinct substr(password_hash, 1, 10) from data.account"
                           " where password_hash is not null")
        self.assertEqual(kinds, "$argon2id$")

    def test_outboxes_keep_no_password(self):
        passwords = [c.sample().settings(name)["password"] for name in ("office", "G01", "D001")]
        for folder, _, names in os.walk(os.path.join(c.sample().path, "outbox")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                self.assertEqual([p for p in passwords if p.encode() in content], [], name)

    def test_no_files_but_the_logs_can_be_read_by_others(self):
        for name in ("secret", "server.key"):
            self.assertEqual(os.stat(os.path.join(c.sample().centre.data, name)).st_mode & 0o077, 0, name)
