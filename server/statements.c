#include "statements.h"

const struct session_statement session_statements[SESSION_STATEMENTS] = {
    [SESSION_DEVICE] = {{.name = "session_device",
                         .sql = "select epoch_id(), d.public_key, d.revoked, d.device_seq"
                                " from (select 1) as always left join session_device($1) as d on true"},
                        1,
                        {PG_UUID}},
    [SESSION_ACCOUNT] = {{.name = "session_account",
                          .sql = "select account_id, role, person_id, group_id, unit_id, password_hash, locked_ms"
                                 " from session_account($1, $2)"},
                         2,
                         {PG_TEXT, PG_UUID}},
    [SESSION_FAILED] = {{.name = "session_failed", .sql = "select session_login_failed($1, $2)"},
                        2,
                        {PG_TEXT, PG_UUID}},
    [SESSION_LOGIN] = {{.name = "session_login", .sql = "select session_login($1, $2, $3, $4)"},
                       4,
                       {PG_UUID, PG_TEXT, PG_UUID, PG_BYTEA}},
    [SESSION_RESUME] = {{.name = "session_resume",
                         .sql = "select account_id, login, role, person_id, group_id, unit_id"
                                " from session_resume($1, $2)"},
                        2,
                        {PG_BYTEA, PG_UUID}},
    [SESSION_TOUCH] = {{.name = "session_touch", .sql = "select session_touch($1)"}, 1, {PG_BYTEA}},
    [SESSION_LOGOUT] = {{.name = "session_logout", .sql = "select session_logout($1)"}, 1, {PG_BYTEA}},
    [SESSION_ENROL] = {{.name = "session_enrol", .sql = "select device_id from session_enrol($1, $2, $3)"},
                       3,
                       {PG_BYTEA, PG_BYTEA, PG_TEXT}},
    [SESSION_REVOKED] = {{.name = "session_revoked", .sql = "select session_revoked($1, $2)"}, 2, {PG_INT8, PG_BYTEA}},
    [SESSION_NOTIFY] = {{.name = "session_notify", .sql = "select pg_notify('lvzhi', $1)"}, 1, {PG_TEXT}},
};
