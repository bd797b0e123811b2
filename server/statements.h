/* statements.h - the session's own SQL: the only statements that C names (functions of sql/rules/60_session.sql). */
#ifndef LVZHI_STATEMENTS_H
#define LVZHI_STATEMENTS_H

#include "plan.h"

enum { METHOD_LOGIN = 1, METHOD_LOGOUT = 2, METHOD_ENROL = 3, METHOD_SUBSCRIBE = 4, METHOD_CALLS_FROM = 16 };

enum session_statement_id {
    SESSION_DEVICE,  /* device -> epoch, public key, revoked, device_seq */
    SESSION_ACCOUNT, /* login, device -> account, role, person, group, unit, password hash, locked ms */
    SESSION_FAILED,  /* login, device -> locked ms */
    SESSION_LOGIN,   /* account, login, device, token hash -> expires */
    SESSION_RESUME,  /* token hash, device -> account, login, role, person, group, unit */
    SESSION_TOUCH,   /* token hash */
    SESSION_LOGOUT,  /* token hash */
    SESSION_ENROL,   /* code hash, public key, name -> device */
    SESSION_REVOKED, /* seconds, checksum of the rules -> lines as notifications say them */
    SESSION_NOTIFY,  /* what other daemons are told -> nothing */
    SESSION_STATEMENTS,
};

struct session_statement {
    struct statement_plan plan; /* name and sql only */
    size_t n_params;
    uint32_t types[4];
};

extern const struct session_statement session_statements[SESSION_STATEMENTS];

#endif
