"""Devices, logins, tokens: who may speak, for whom, and until when."""

import hashlib
import os
import pwd
import statistics
import subprocess
import sys
import time

import harness
import wire

TOWN, PASSWORD = harness.TOWN, harness.PASSWORD


class Sessions(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.device, cls.device2 = cls.centre.new_device(), cls.centre.new_device()

    def tls(self, device=None, town=TOWN, token=None):
        client = self.centre.tcp()
        self.addCleanup(client.close)
        client.hello(town, device, token)
        return client

    def unix(self, town=TOWN, token=None):
        client = self.centre.unix()
        self.addCleanup(client.close)
        client.hello(town, token=token)
        return client

    def new_account(self, login, role="office", password=PASSWORD, **more):
        with self.centre.admin() as admin:
            admin.call("CreateAccount", town_id=TOWN, account_id=wire.uuid7(), login=login, password=password,
                       role=role, **more)

    # Logins

    def test_login_gives_caller_token_and_credits(self):
        client = self.tls(self.device)
        self.assertEqual(client.welcome["credits"], 1)
        self.assertNotIn("caller", client.welcome)
        reply = client.login("clerk1", PASSWORD)
        self.assertEqual((len(reply["token"]), reply["credits"]), (32, 32))
        caller = reply["caller"]
        self.assertEqual((caller["town_id"], caller["login"], caller["role"], caller["device_id"]),
                         (TOWN, "clerk1", "clerk", self.device.device_id))
        self.assertEqual(caller["group_id"], harness.imported_id(TOWN, "groups", "G01"))
        hours = (reply["expires_us"] / 1e6 - time.time()) / 3600
        self.assertTrue(11.9 < hours < 12.1, hours)
        self.assertEqual(self.centre.count("session_token", f"encode(token_hash, 'hex') = '{reply['token'].hex()}'"), 0)

    def test_five_wrong_passwords_lock_this_device_only(self):
        self.new_account("locked")
        client = self.tls(self.device)
        for _ in range(4):
            error = self.refused("UNAUTHENTICATED", client.login, "locked", "wrong")
            self.assertEqual(error.rule, "login_refused")
        error = self.refused("LOCKED_OUT", client.login, "locked", "wrong")
        self.assertTrue(55000 < error.aux <= 60000, error.aux)
        error = self.refused("LOCKED_OUT", client.login, "locked", PASSWORD)
        self.assertTrue(50000 < error.aux <= 60000, error.aux)
        self.tls(self.device2).login("locked", PASSWORD)
        self.unix().login("locked", PASSWORD)
        client.login("clerk1", PASSWORD)  # another name from the same device
        with self.centre.admin() as admin:  # a new password lifts the lock
            admin.call("SetPassword", town_id=TOWN, login="locked", password="another password")
        self.tls(self.device).login("locked", "another password")

    def test_lock_of_an_unknown_login_is_as_real(self):
        client = self.unix()
        for _ in range(4):
            self.refused("UNAUTHENTICATED", client.login, "nobody-here", "wrong")
        self.refused("LOCKED_OUT", client.login, "nobody-here", "wrong")

    def test_unknown_login_looks_like_a_wrong_password(self):
        self.new_account("gone")
        with self.centre.admin() as admin:
            admin.call("RevokeAccount", town_id=TOWN, login="gone", reason="x")
        client = self.unix()
        self.refused("UNAUTHENTICATED", client.login, "warm-up", "wrong")
        times, payloads = {}, set()
        for i in range(4):
            for login in ("office2", "no-such-login", "gone"):
                took, error = self.centre.undisturbed(self.refused, "UNAUTHENTICATED", client.login, login, "wrong")
                times.setdefault(login, []).append(took)
                payloads.add(error.frame.payload)
        self.assertEqual(len(payloads), 1, "the answers differ")
        medians = [statistics.median(t) for t in times.values()]
        self.assertLess(max(medians), 1.6 * min(medians) + 0.01, times)
        client.login("office2", PASSWORD)  # the failures in between are forgotten
        self.assertEqual(self.centre.count("login_failure", "login = 'office2'"), 0)

    def test_login_again_as_somebody_else(self):
        client = self.unix()
        client.login("clerk1", PASSWORD)
        client.login("clerk2", PASSWORD)
        self.assertEqual(client.caller["login"], "clerk2")
        self.refused("FORBIDDEN", client.call, "RecordAttendance", **harness.mark_fields(meeting="M001"))
        client.call("RecordAttendance", **harness.mark_fields(meeting="M002", person="D21"))

    def test_login_without_device_over_tls_is_refused(self):
        client = self.tls()
        self.refused("UNAUTHENTICATED", client.login, "clerk1", PASSWORD)
        self.refused("UNAUTHENTICATED", client.call, "Health")

    def test_login_of_another_town(self):
        client = self.unix(harness.OTHER_TOWN)
        self.refused("UNAUTHENTICATED", client.login, "auditor", PASSWORD)  # there is one in TOWN only

    # Tokens

    def test_token_resumes(self):
        client = self.tls(self.device)
        token = client.login("clerk1", PASSWORD)["token"]
        again = self.tls(self.device, token=token)
        self.assertEqual((again.welcome["credits"], again.caller), (32, client.caller))
        again.call("RecordAttendance", **harness.mark_fields())

    def test_token_is_bound_to_its_device_and_town(self):
        token = self.tls(self.device).login("clerk1", PASSWORD)["token"]
        for client in (self.tls(self.device2, token=token), self.tls(token=token), self.unix(token=token),
                       self.tls(self.device, token=os.urandom(32)), self.tls(self.device, token=token[:31])):
            self.assertIsNone(client.caller)
            self.assertEqual(client.welcome["credits"], 1)
        local = harness.base().tokens[TOWN, "clerk1"]
        self.assertIsNone(self.tls(self.device, token=local).caller)
        self.assertIsNone(self.unix(harness.OTHER_TOWN, token=local).caller)

    def test_logout_ends_the_token(self):
        client = self.unix()
        token = client.login("clerk1", PASSWORD)["token"]
        other = self.unix(token=token)
        self.assertIsNotNone(other.caller)
        client.logout()
        self.refused("UNAUTHENTICATED", client.call, "ListGroups")
        self.assertIsNone(self.unix(token=token).caller)
        self.refused("UNAUTHENTICATED", client.call, "Logout")

    def test_nothing_is_asked_while_the_caller_changes(self):
        """A request behind a Logout or a Login would speak for nobody, or for somebody else than its author; once it had
        waited for its password's hash, PostgreSQL could not read it, and no other write came through."""
        with self.centre.admin() as admin:
            ids = admin.send_all([("Logout", b""), ("SetPassword", admin.payload(
                "SetPassword", town_id=TOWN, login="d04", password="long enough"))])
            self.assertEqual(admin.wait(ids[0]).type, wire.RESPONSE)
            self.refused("BUSY", admin.reply, ids[1])
        client = self.unix(token=harness.base().tokens[TOWN, "clerk1"])
        login = client.payload("Login", login="clerk2", password=PASSWORD)
        mark = client.payload("RecordAttendance", **harness.mark_fields())
        ids = client.send_all([("Login", login), ("RecordAttendance", mark), ("Subscribe", b""), ("Login", login)])
        for id in ids[1:]:
            self.assertGreater(self.refused("BUSY", client.reply, id).aux, 0)
        self.assertEqual(client.reply(ids[0])["caller"]["login"], "clerk2")
        self.refused("FORBIDDEN", client.reply, client.send("RecordAttendance", mark))
        with self.centre.connect("clerk1") as clerk:
            clerk.call("RecordAttendance", **harness.mark_fields())

    def test_tokens_expire(self):
        """Idle for 12 hours, or seven days at most, by a daemon whose clock is ahead."""
        token = self.unix().login("clerk1", PASSWORD)["token"]

        def holds(offset):
            ahead = harness.Centre(self.centre.postgres, self.centre.database, clock_offset=offset,
                                   unix_path=self.centre.socket + "2")
            ahead.socket += "2"
            ahead.config += "2"
            ahead.start()
            try:
                with ahead.unix() as client:
                    client.hello(TOWN, token=token)
                    return client.caller is not None
            finally:
                ahead.stop()

        self.assertTrue(holds("11 hours"))  # used then: the idle time begins anew
        self.assertTrue(holds("22 hours"))
        self.assertFalse(holds("36 hours"))
        self.centre.sql("update data.session_token set used_at = now() + interval '167 hours',"
                        " expires_at = created_at + interval '7 days'")
        self.assertTrue(holds("167 hours"))
        self.assertFalse(holds("169 hours"))

    # Devices

    def test_enrol_once_only(self):
        device, code = wire.Device(), "7QK4-XM2P"
        with self.centre.admin() as admin:
            admin.call("CreateDevice", town_id=TOWN, device_id=wire.uuid7(), name="x",
                       code_hash=hashlib.sha256(code.encode()).digest())
        client = self.tls()
        error = self.refused("FORBIDDEN", client.enrol, wire.Device(), "wrong code")
        self.assertEqual(error.rule, "enrol_refused")
        other = self.tls(town=harness.OTHER_TOWN)
        self.refused("FORBIDDEN", other.enrol, wire.Device(), code)
        reply = client.enrol(device, code, "新名")
        self.assertEqual(reply["town_id"], TOWN)
        self.assertEqual(reply["installation_id"], client.welcome["installation_id"])
        self.refused("FORBIDDEN", client.enrol, wire.Device(), code)
        self.tls(device).login("clerk1", PASSWORD)
        for key in (b"", b"x" * 31, b"x" * 33):
            self.refused("INVALID", client.call, "Enrol", code=code, public_key=key)

    def test_code_of_enrolment_ends_after_a_day(self):
        with self.centre.admin() as admin:
            admin.call("CreateDevice", town_id=TOWN, device_id=wire.uuid7(), name="late",
                       code_hash=hashlib.sha256(b"late").digest())
        self.centre.sql("update data.device set code_expires_at = now() - interval '1 second' where name = 'late'")
        self.refused("FORBIDDEN", self.tls().enrol, wire.Device(), "late")

    def test_device_must_prove_itself(self):
        def refused(device, **more):
            client = self.centre.tcp()
            self.addCleanup(client.close)
            error = self.refused("UNAUTHENTICATED", client.hello, TOWN, device, **more)
            self.assertEqual(error.rule, "device_unknown")
            self.assertEqual(client.read_to_end(), [])

        stranger = wire.Device()
        stranger.device_id = self.device.device_id
        refused(stranger)
        refused(self.device, signature=None)
        refused(self.device, signature=b"")
        refused(self.device, signature=bytes(64))
        unknown = wire.Device()
        unknown.device_id = wire.uuid7()
        refused(unknown)
        # A signature over another connection's exporter proves nothing here.
        other = self.centre.tcp()
        self.addCleanup(other.close)
        refused(self.device, signature=self.device.key.sign(other.transport.export(self.device.device_id, TOWN)))
        # And one made for another town neither.
        client = self.centre.tcp()
        self.addCleanup(client.close)
        signature = self.device.key.sign(client.transport.export(self.device.device_id, harness.OTHER_TOWN))
        self.refused("UNAUTHENTICATED", client.hello, TOWN, self.device, signature=signature)

    def test_device_of_another_town(self):
        client = self.centre.tcp()
        self.addCleanup(client.close)
        self.refused("UNAUTHENTICATED", client.hello, harness.OTHER_TOWN, self.device)

    def test_no_device_over_the_unix_socket(self):
        with self.centre.unix() as client:
            self.refused("MALFORMED", client.hello, TOWN, device_id=self.device.device_id, signature=bytes(64))

    def test_another_installation(self):
        for id in (wire.uuid7(), b"", b"x"):
            with self.centre.unix() as client:
                error = self.refused("FORBIDDEN", client.hello, TOWN, installation_id=id)
                self.assertEqual(error.rule, "installation_differs")
        id = self.unix().welcome["installation_id"]
        with self.centre.unix() as client:
            client.hello(TOWN, installation_id=id)

    # Revocation

    def cut(self, client, rule):
        with self.assertRaises(wire.Refused) as caught:
            client.wait(99, 5)
        self.assertEqual((caught.exception.frame.id, caught.exception.name, caught.exception.rule),
                         (0, "UNAUTHENTICATED", rule))
        self.assertEqual(client.read_to_end(), [])

    def test_revoked_device_is_cut_at_once(self):
        device = self.centre.new_device()
        client = self.centre.connect_tls("clerk1", device)
        self.addCleanup(client.close)
        with self.centre.admin() as admin:
            admin.call("RevokeDevice", town_id=TOWN, device_id=device.device_id, reason="lost")
        self.cut(client, "device_revoked")
        again = self.centre.tcp()
        self.addCleanup(again.close)
        self.refused("UNAUTHENTICATED", again.hello, TOWN, device, client.token)

    def test_revoked_account_is_cut_at_once(self):
        self.new_account("leaving")
        client = self.unix()
        token = client.login("leaving", PASSWORD)["token"]
        with self.centre.admin() as admin:
            admin.call("RevokeAccount", town_id=TOWN, login="leaving", reason="left")
        self.cut(client, "account_revoked")
        self.assertIsNone(self.unix(token=token).caller)
        self.refused("UNAUTHENTICATED", self.unix().login, "leaving", PASSWORD)

    def test_revoked_while_the_daemon_could_not_hear(self):
        """The connection that listens is gone in that moment: the session ends all the same, and soon."""
        self.new_account("unheard")
        client = self.unix()
        client.login("unheard", PASSWORD)
        self.centre.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lvzhid'"
            f" and datname = '{self.centre.database}'; select pg_sleep(0.01);"
            "update data.account set revoked_at = now(), revoke_reason = 'x' where login = 'unheard';"
            "delete from data.session_token where account_id = (select account_id from data.account"
            " where login = 'unheard');"
            f"select pg_notify('lvzhi', format('account %s %s', {TOWN}, account_id)) from data.account"
            " where login = 'unheard'"
        )

        def ended():
            try:
                client.call("ListGroups", timeout=1)
            except wire.Refused as error:
                return error.name == "UNAUTHENTICATED"
            except (wire.Closed, wire.Silent):
                return True
        harness.wait_until(ended, 5, "the end of a revoked account's session")

    def test_new_password_ends_sessions(self):
        self.new_account("changing")
        client = self.unix()
        token = client.login("changing", PASSWORD)["token"]
        with self.centre.admin() as admin:
            admin.call("SetPassword", town_id=TOWN, login="changing", password="new password")
        self.cut(client, "account_revoked")
        self.assertIsNone(self.unix(token=token).caller)
        self.refused("UNAUTHENTICATED", self.unix().login, "changing", PASSWORD)
        self.unix().login("changing", "new password")

    # The administrator

    def test_admin_only_at_the_unix_socket_with_town_0(self):
        self.assertEqual(self.unix(0).caller["role"], "admin")
        self.assertIsNone(self.unix(TOWN).caller)
        self.assertIsNone(self.tls(town=0).caller)
        self.refused("UNAUTHENTICATED", self.tls(town=0).call, "ListTowns")
        self.refused("UNAUTHENTICATED", self.unix(TOWN).call, "ListTowns")
        self.refused("UNAUTHENTICATED", self.unix(0).login, "admin", "")
        for town in (1, -1, 999999999):
            self.assertIsNone(self.unix(town).caller)

    def test_admin_needs_the_daemons_own_uid(self):
        if os.getuid() != 0:
            self.skipTest("only root can be somebody else")
        os.chmod(self.centre.socket, 0o777)
        nobody = pwd.getpwnam("nobody")
        script = (
            "import sys; sys.path.insert(0, sys.argv[1]); import wire\n"
            "s = wire.Schema(sys.stdin.buffer.read()); c = wire.Client(s, sys.argv[2]); c.hello(0)\n"
            "print(c.caller)\n"
            "try:\n    c.call('ListTowns')\nexcept wire.Refused as e:\n    print(e.name)\n"
        )
        # The modules are copied to where that user can read them.
        place = os.path.join(harness.directory(), "nobody")
        os.makedirs(place, exist_ok=True)
        os.chmod(place, 0o755)
        with open(wire.__file__) as source, open(os.path.join(place, "wire.py"), "w") as copy:
            copy.write(source.read())
        os.chmod(os.path.join(place, "wire.py"), 0o644)
        with open(os.path.join(harness.BUILD, "lvzhi.desc"), "rb") as descriptors:
            done = subprocess.run([sys.executable, "-B", "-c", script, place, self.centre.socket], user=nobody.pw_uid,
                                  group=nobody.pw_gid, extra_groups=[], stdin=descriptors, capture_output=True,
                                  text=True, cwd="/")
        self.assertEqual(done.stdout.split(), ["None", "UNAUTHENTICATED"], done.stderr)

    def test_admin_with_an_account_of_town_0(self):
        """An administrator who is no local user: an account of town 0, over TLS from a device of town 0."""
        with self.centre.admin() as admin:
            admin.call("CreateAccount", town_id=0, account_id=wire.uuid7(), login="boss", password=PASSWORD,
                       role="admin")
            self.refused("CONFLICT", admin.call, "RevokeAccount", town_id=0, login="admin", reason="x")
        device = self.centre.new_device(town=0)
        client = self.centre.connect_tls("boss", device, town=0)
        self.addCleanup(client.close)
        self.assertTrue(client.call("ListTowns")["towns"])
        self.refused("FORBIDDEN", client.call, "ListPeople")

    def test_epoch_and_clock_in_welcome(self):
        one, two = self.unix().welcome, self.unix().welcome
        self.assertEqual(one["epoch_id"], two["epoch_id"])
        self.assertEqual(len(one["epoch_id"]), 16)
        self.assertLess(abs(one["now_us"] / 1e6 - time.time()), 5)
        self.assertEqual((one["version"], one["max_frame"]), (1, 262144))


class NoDeviceNeeded(harness.Case):
    settings = {"require_device": "no"}

    def test_login_without_device_over_tls(self):
        with self.centre.tcp() as client:
            client.hello(TOWN)
            client.login("clerk1", PASSWORD)
            client.call("RecordAttendance", **harness.mark_fields())
            token = client.token
        with self.centre.tcp() as client:
            client.hello(TOWN, token=token)
            self.assertIsNotNone(client.caller, "its token resumes")
