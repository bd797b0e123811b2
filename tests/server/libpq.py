"""SQL from a test through the C library that the daemon uses: a psql of its own for each question would take 20 ms."""

import ctypes
import functools

EMPTY, COMMAND_OK, TUPLES_OK = 0, 1, 2
IDLE = 0
SQLSTATE = ord("C")


class Broken(Exception):
    """The connection could not be made, or ended."""


@functools.cache
def library():
    pq = ctypes.CDLL("libpq.so.5")
    for name, result, arguments in (
        ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]), ("PQfinish", None, [ctypes.c_void_p]),
        ("PQstatus", ctypes.c_int, [ctypes.c_void_p]), ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQsetNoticeProcessor", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]),
        ("PQtransactionStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQsendQuery", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p]),
        ("PQgetResult", ctypes.c_void_p, [ctypes.c_void_p]), ("PQclear", None, [ctypes.c_void_p]),
        ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQresultErrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQresultErrorField", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
        ("PQntuples", ctypes.c_int, [ctypes.c_void_p]), ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
        ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
    ):
        function = getattr(pq, name)
        function.restype, function.argtypes = result, arguments
    return pq


@ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)
def ignore(_, notice):
    pass


class Connection:
    def __init__(self, conninfo):
        self.pq = library()
        self.connection = self.pq.PQconnectdb(conninfo.encode())
        self.pq.PQsetNoticeProcessor(self.connection, ignore, None)
        if self.pq.PQstatus(self.connection) != 0:
            error = self.error()
            self.close()
            raise Broken(error)

    def error(self):
        return self.pq.PQerrorMessage(self.connection).decode().strip()

    def close(self):
        self.pq.PQfinish(self.connection)
        self.connection = None

    def query(self, text):
        """The rows of all its statements, one transaction: tuples of strings, NULL is None."""
        pq, rows, error, broken = self.pq, [], None, False
        if pq.PQsendQuery(self.connection, text.encode()) == 0:
            raise Broken(self.error())
        while (result := pq.PQgetResult(self.connection)) is not None:
            status = pq.PQresultStatus(result)
            if status == TUPLES_OK:
                columns = range(pq.PQnfields(result))
                rows += [tuple(None if pq.PQgetisnull(result, row, column) else pq.PQgetvalue(result, row, column).decode()
                               for column in columns) for row in range(pq.PQntuples(result))]
            elif status not in (EMPTY, COMMAND_OK):
                error = pq.PQresultErrorMessage(result).decode().strip()
                state = (pq.PQresultErrorField(result, SQLSTATE) or b"").decode()
                broken = not state or state.startswith("57P")  # the library's own; the server's shutdown or start
            pq.PQclear(result)
        if error is not None:
            raise (Broken if broken else RuntimeError)(error)
        return rows

    def as_new(self):
        """Nothing that a question has set is left for the next; false: it cannot be had."""
        try:
            if self.pq.PQtransactionStatus(self.connection) == IDLE:
                self.query("discard all")
                return True
        except (Broken, RuntimeError):
            pass
        return False
