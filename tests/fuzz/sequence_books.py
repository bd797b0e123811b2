"""The operations of all sequences on one database: what was answered of each, and what the ledger must hold."""

import collections

import wire
from sequence_line import ENOUGH_MS, Failure

UNKNOWN = ("UNAVAILABLE", "INTERNAL")  # of these errors nobody knows whether the operation was done


class Book:
    """Of one operation id in one town."""

    def __init__(self):
        self.sent = []         # method and payload of each time
        self.waiting = 0       # not answered, or answered so that nobody knows
        self.fresh = 0
        self.done = None       # method and payload that were answered by a reply
        self.reply = None
        self.op = None         # of the plan, and the line's town and login: to ask once more
        self.known = False     # its ledger row has been looked at


class Books:
    def __init__(self, calls, centre):
        self.calls, self.centre = calls, centre
        self.books = {}
        self.revokes = False  # some session may have ended
        self.before = {row[:2] for row in self.rows("true")}
        self.orphans = self.count_orphans()

    def sent(self, line, request):
        self.revokes = self.revokes or request.method in ("RevokeAccount", "RevokeDevice", "SetPassword")
        if request.op is None or line.town is None:
            return
        book = self.books.setdefault((line.town, request.op.op_id), Book())
        what = (request.method, request.payload)
        request.book, request.what, request.after = book, what, book.done
        book.sent.append(what)
        book.waiting += 1
        mine = line.caller is not None and (line.caller["login"], line.device) == (request.op.login, request.op.device)
        able = mine and not request.crowded and request.role in self.calls[request.method].by
        if book.done is not None and able and (request.aux == 0 or request.aux >= ENOUGH_MS) and line.welcomed:
            request.allowed = {"REPLAYED"} if book.done == what else {"OP_ID_REUSED", "MALFORMED", "INVALID"}

    def answered(self, line, request, name, frame):
        book = request.book
        if book is None:
            return
        if name not in UNKNOWN:
            book.waiting -= 1
        if name == "OP_ID_REUSED" and all(what == request.what for what in book.sent):
            line.fail(f"{request.method}: OP_ID_REUSED, of an id that nothing else has used")
        if frame.type != wire.RESPONSE:
            return
        book.fresh += name == "OK"
        if book.fresh > 1 or name == "OK" and request.after is not None:
            line.fail(f"{request.method}: done twice")
        if name == "REPLAYED" and book.sent.count(request.what) < 2:
            line.fail(f"{request.method}: REPLAYED, and sent once")
        if book.done not in (None, request.what):
            line.fail(f"{request.method}: answered, though its id is another operation's")
        if book.reply not in (None, frame.payload):
            line.fail(f"{request.method}: answered otherwise than before")
        book.done, book.reply = request.what, frame.payload
        book.op = (request.op, line.town, line.door)

    def digest_is_of(self, digest, what):
        method, payload = what
        call = self.calls[method]
        return call.hashed or digest == wire.digest(call.method.number, payload)

    def check_row(self, key, book, method, digest, reply):
        number_of = {what: self.calls[what[0]].method.number for what in book.sent}
        if book.reply is not None and reply != book.reply:
            raise Failure(f"the ledger holds another reply of {key[1].hex()} ({book.done[0]}) than was answered")
        fits = [what for what in book.sent if number_of[what] == method and self.digest_is_of(digest, what)]
        if not fits or book.done is not None and book.done not in fits:
            raise Failure(f"the ledger's row of {key[1].hex()} is of no operation that was sent")
        if book.reply is None and book.waiting == 0:
            raise Failure(f"{key[1].hex()} ({method}) is in the ledger, and was refused")

    def rows(self, condition):
        return self.centre.sql("select town_id, encode(uuid_send(op_id), 'hex'), method, encode(digest, 'hex'),"
                               f" encode(reply, 'hex') from data.operation where {condition}")

    def check(self, at_end):
        """One row for each that was acknowledged; at the end, when nothing is under way, none but those sent."""
        wanted = {key: book for key, book in self.books.items() if at_end or book.done is not None and not book.known}
        if not wanted and not at_end:
            return
        ids = ", ".join(f"'{op_id.hex()}'" for _, op_id in wanted)
        found = set()
        for town, op_id, method, digest, reply in self.rows("true" if at_end else f"op_id in ({ids})"):
            key = (int(town), bytes.fromhex(op_id))
            if key in self.books:
                self.check_row(key, self.books[key], int(method), bytes.fromhex(digest), bytes.fromhex(reply))
            elif at_end and (town, op_id) not in self.before:
                raise Failure(f"the ledger has {op_id}, which nobody sent")
            found.add(key)
        for key, book in wanted.items():
            if book.done is not None and key not in found:
                raise Failure(f"{book.done[0]} {key[1].hex()} was answered, and is not in the ledger")
            book.known = book.done is not None
        more = self.count_orphans() - self.orphans if at_end else None
        if more:
            raise Failure(f"records of operations that the ledger has not: {more}")

    def count_orphans(self):
        """Of each table, the rows that name an operation of no ledger row."""
        tables = [table for table, in self.centre.sql(
            "select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'op_id'"
            " where c.relnamespace = 'data'::regnamespace and c.relkind = 'r' and c.relname <> 'operation' order by 1")]
        return collections.Counter({table: int(count) for table, count in self.centre.sql(" union all ".join(
            f"select '{table}', count(*) from data.{table} as t where t.op_id is not null and not exists (select from"
            " data.operation as o where (o.town_id, o.op_id) = (t.town_id, t.op_id))" for table in tables))})
