"""A call is two files: an rpc and its SQL, a migration where it needs a table, and nothing is compiled."""

import json
import os
import shutil
import subprocess
import tempfile

import harness
import wire

PROTO = """
// Notes: what a test adds.
syntax = "proto2";

package lvzhi.v1;

import "lvzhi/v1/wire.proto";

enum NoteColour {
  NOTE_COLOUR_RED = 1;
  NOTE_COLOUR_LIGHT_BLUE = 2;
}

message AddNoteRequest {
  optional Op op = 1;
  optional bytes note_id = 2;
  optional string text = 3;
  optional NoteColour colour = 4;
  repeated string tags = 5;
  optional string day_on = 6;
  optional double weight = 7;
  optional bool done = 8;
  optional int64 price_fen = 9;
  optional bytes picture = 10;
  optional int64 seen_us = 11;
  repeated bytes person_ids = 12;
}

message AddNoteReply {
  optional bytes note_id = 1;
  optional int64 notes = 2;
}

message Note {
  optional bytes note_id = 1;
  optional string text = 2;
  optional NoteColour colour = 3;
  repeated string tags = 4;
  optional string day_on = 5;
  optional double weight = 6;
  optional bool done = 7;
  optional int64 price_fen = 8;
  optional bytes picture = 9;
  optional int64 seen_us = 10;
  optional string login = 11;
}

message ListNotesRequest {
  optional NoteColour colour = 1;
  optional int32 limit = 2;
  optional string after = 3;
}

message ListNotesReply {
  repeated Note notes = 1;
  optional string next = 2;
}

service Notes {
  rpc AddNote(AddNoteRequest) returns (AddNoteReply) { option (method) = 9001; }
  rpc ListNotes(ListNotesRequest) returns (ListNotesReply) { option (method) = 9002; }
}
"""

MIGRATION = """
create table data.note (
    town_id int not null references data.town,
    note_id uuid not null,
    op_id uuid not null,
    login text not null,
    text text not null check (text <> ''),
    colour text,
    tags text[] not null,
    day_on date,
    weight float8,
    done boolean,
    price_fen int8,
    picture bytea,
    seen_at timestamptz,
    person_ids uuid[] not null,
    primary key (town_id, note_id)
);
"""

ADD_NOTE = """-- Keeps a note.
-- by: clerk office
-- effect: ledger
-- changes: notice roster of note_id
with added as (
    insert into note (
        town_id, note_id, op_id, login, text, colour, tags, day_on, weight, done, price_fen, picture, seen_at,
        person_ids
    )
    values (
        (:caller).town_id, :note_id, (:op).op_id, (:caller).login, :text, :colour, :tags, :day_on, :weight, :done,
        :price_fen, :picture, :seen_us, :person_ids
    )
    returning note_id
)
select a.note_id, (select count(*) from note as n where n.town_id = (:caller).town_id) + 1 as notes
from added as a
"""

LIST_NOTES = """-- Notes by their text.
-- by: clerk office auditor
-- effect: none
select
    n.note_id, n.text, n.colour, n.tags, n.day_on, n.weight, n.done, n.price_fen, n.picture, n.seen_at as seen_us,
    n.login,
    case when lead(n.text) over (order by n.text) is not null then n.text end as next
from note as n
where n.town_id = (:caller).town_id and (:colour is null or n.colour = :colour) and (:after is null or n.text > :after)
order by n.text
limit page(:limit)
"""

NOTE = {
    "text": "第一条", "colour": "light_blue", "tags": ["a", "", "三"], "day_on": "2024-02-29", "weight": -0.125,
    "done": False, "price_fen": -(1 << 62), "picture": b"\x00\xff", "seen_us": 1742261527250001,
}


class NewCall(harness.Case):
    @classmethod
    def setUpClass(cls):
        place = os.path.join(harness.directory(), "new-call")
        cls.proto, cls.sql = os.path.join(place, "proto"), os.path.join(place, "sql")
        cls.descriptors = os.path.join(place, "lvzhi.desc")
        for name in ("proto", "sql"):
            shutil.copytree(os.path.join(harness.SOURCE, name), os.path.join(place, name),
                            ignore=shutil.ignore_patterns("sample", "golden", "*.c", "*.h"))
        cls.write(os.path.join(cls.proto, "lvzhi/v1/note.proto"), PROTO)
        cls.write(os.path.join(cls.sql, "schema/900_note.sql"), MIGRATION)
        cls.write(os.path.join(cls.sql, "calls/add_note.sql"), ADD_NOTE)
        cls.write(os.path.join(cls.sql, "calls/list_notes.sql"), LIST_NOTES)
        cls.compile(cls.descriptors)
        cls.schema = wire.Schema.load(cls.descriptors)
        cls.centre = harness.copy_of_base("t_newcall", sql=cls.sql, descriptors=cls.descriptors)
        cls.centre.migrate()
        cls.centre.start()
        cls.addClassCleanup(cls.centre.kill)

    @staticmethod
    def write(path, text):
        with open(path, "w") as file:
            file.write(text)

    @classmethod
    def compile(cls, target):
        folder = os.path.join(cls.proto, "lvzhi/v1")
        subprocess.run(["protoc", "-I" + cls.proto, "--include_imports", "--descriptor_set_out=" + target,
                        *(os.path.join(folder, name) for name in sorted(os.listdir(folder)))], check=True)

    def connect(self, login, town=harness.TOWN):
        client = wire.Client(self.schema, self.centre.socket)
        self.addCleanup(client.close)
        client.hello(town, token=harness.base().tokens[town, login])
        return client

    def test_called(self):
        clerk = self.connect("clerk1")
        person = harness.imported_id(harness.TOWN, "people", "D01")
        id = wire.uuid7()
        payload = clerk.payload("AddNote", note_id=id, person_ids=[person, person], **NOTE)
        first = clerk.wait(clerk.send("AddNote", payload))
        self.assertEqual(self.schema.decode("AddNoteReply", first.payload)["note_id"], id)
        again = clerk.wait(clerk.send("AddNote", payload))
        self.assertEqual((again.flags, again.payload), (wire.REPLAYED, first.payload))
        bare = wire.uuid7()
        clerk.call("AddNote", note_id=bare, text="第二条")
        notes = clerk.call("ListNotes")["notes"]
        self.assertIn({"note_id": id, "login": "clerk1", **NOTE}, notes)
        self.assertIn({"note_id": bare, "login": "clerk1", "text": "第二条"}, notes)
        self.assertEqual(clerk.call("ListNotes", colour="light_blue", limit=1)["notes"][0]["note_id"], id)
        self.assertEqual(self.connect("office", harness.OTHER_TOWN).call("ListNotes"), {})
        self.refused("FORBIDDEN", self.connect("unit1").call, "ListNotes")
        self.refused("FORBIDDEN", self.connect("auditor").call, "AddNote")
        error = self.refused("INVALID", clerk.call, "AddNote", note_id=wire.uuid7(), text="")  # a check of the table
        self.assertIsNone(error.rule)
        self.assertEqual(self.centre.count("operation", "method = 9001"), 2)
        self.assertEqual(self.centre.sql("select topics, record_id = note_id from data.operation join data.note using"
                                         " (town_id, op_id)"), [("48", "t")] * 2)

    def test_new_table_is_guarded(self):
        kept = self.centre.sql("select relrowsecurity, relforcerowsecurity from pg_class where relname = 'note'")
        self.assertEqual(kept, [("t", "t")])

    def test_called_by_the_command_line(self):
        program = os.path.join(harness.BUILD, "lvzhi")
        if not os.path.exists(program):
            self.skipTest("lvzhi is not built")
        home = os.path.join(harness.directory(), "home")
        os.makedirs(home, exist_ok=True)
        profile = os.path.join(home, "profile")
        self.write(profile, f"address = unix:{self.centre.socket}\ntown = {harness.TOWN}\nlogin = clerk1\n"
                            f"password = {harness.PASSWORD}\noutbox = {home}/outbox\n")
        os.chmod(profile, 0o600)

        def lvzhi(method, **fields):
            done = subprocess.run([program, "--profile", profile, "--descriptors", self.descriptors, "call", method,
                                   json.dumps(fields)], capture_output=True, text=True,
                                  env={**os.environ, "HOME": home})
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)

        id = "01930000-0000-7000-8000-0000000000aa"
        fields = {"text": "命令行", "colour": "red", "tags": ["x"], "day_on": "2025-01-31", "price_fen": 5,
                  "picture": "AP8=", "seen_us": "2025-03-18T01:32:07.250000Z", "weight": 1.5, "done": True}
        self.assertEqual(lvzhi("AddNote", note_id=id, **fields)["note_id"], id)
        notes = [n for n in lvzhi("ListNotes", colour="red")["notes"] if n["note_id"] == id]
        self.assertEqual([{k: notes[0][k] for k in fields}], [fields])

    # What stops the start

    def start_fails(self, *expected, **files):
        """Start on a copy of sql/ with these calls; demand that it ends with a sentence of all `expected`."""
        with tempfile.TemporaryDirectory(dir=harness.directory()) as place:
            self.start_on(os.path.join(place, "sql"), expected, files)

    def start_on(self, place, expected, files):
        shutil.copytree(self.sql, place)
        for name, text in files.items():
            path = os.path.join(place, "calls", name + ".sql")
            if text is None:
                os.remove(path)
            else:
                self.write(path, text)
        config = os.path.join(place, "lvzhid.ini")
        settings = dict(self.centre.settings, sql=place, unix_path=place + "/sock")
        self.write(config, "".join(f"{k} = {v}\n" for k, v in settings.items()))
        done = subprocess.run(self.centre.command("--config=" + config), capture_output=True, text=True,
                              timeout=20 * harness.SLOWER)
        self.assertNotEqual(done.returncode, 0)
        self.assertGreater(done.returncode, 0, done.stderr)
        for text in expected:
            self.assertIn(text, done.stderr)

    def test_type_of_a_column(self):
        self.start_fails("list_notes.sql", "done", "text", "bool",
                         list_notes=LIST_NOTES.replace("n.done,", "n.done::text as done,"))

    def test_type_of_an_array(self):
        self.start_fails("list_notes.sql", "tags", "text", "text[]",
                         list_notes=LIST_NOTES.replace("n.tags,", "n.tags[1] as tags,"))

    def test_type_of_a_parameter(self):
        self.start_fails("add_note.sql", "weight", "text", add_note=ADD_NOTE.replace(":weight", ":text"))

    def test_names(self):
        self.start_fails("list_notes.sql", "colours",
                         list_notes=LIST_NOTES.replace("n.colour,", "n.colour as colours,"))
        self.start_fails("list_notes.sql", "shade", list_notes=LIST_NOTES.replace(":colour", ":shade"))

    def test_headers(self):
        self.start_fails("list_notes.sql", "by", list_notes=LIST_NOTES.replace("-- by: clerk office auditor\n", ""))
        self.start_fails("list_notes.sql", "effect", list_notes=LIST_NOTES.replace("-- effect: none\n", ""))
        self.start_fails("list_notes.sql", "cleric", list_notes=LIST_NOTES.replace("by: clerk", "by: cleric"))
        self.start_fails("add_note.sql", "effect", add_note=ADD_NOTE.replace("ledger", "none"))
        self.start_fails("list_notes.sql", list_notes=LIST_NOTES.replace("effect: none", "effect: ledger"))

    def test_what_it_changes(self):
        def changes(words):
            return ADD_NOTE.replace("changes: notice roster of note_id", "changes: " + words)

        for words, said in (("notes", "notes"), ("", "topic"), ("notice of", "of"), ("notice of op_id", "op_id"),
                            ("notice of text", "text"), ("notice of person_ids", "person_ids"),
                            ("notice of picture", "picture"), ("notice of note_id roster", "roster")):
            self.start_fails("add_note.sql", "changes:", said, add_note=changes(words))
        self.start_fails("list_notes.sql", "changes:", list_notes=LIST_NOTES.replace(
            "-- effect: none\n", "-- effect: none\n-- changes: notice\n"))

    def test_missing_file_and_bad_sql(self):
        self.start_fails("list_notes.sql", list_notes=None)
        self.start_fails("list_notes.sql", list_notes=LIST_NOTES.replace("from note", "from notebook"))

    def test_database_without_the_migration(self):
        """The new daemon on a database that was not migrated ends with a sentence."""
        old = harness.copy_of_base("t_newcall_old", sql=self.sql, descriptors=self.descriptors)
        old.configure()
        done = subprocess.run(old.command(), capture_output=True, text=True, timeout=20 * harness.SLOWER)
        self.assertGreater(done.returncode, 0)
        self.assertRegex(done.stderr, "migrate|note")
