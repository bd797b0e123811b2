/* login.h - who a connection is: HELLO and Resume, Login, Logout, Enrol. The only methods that have C code. */
#ifndef LVZHI_LOGIN_H
#define LVZHI_LOGIN_H

#include "conn.h"

/* Look at a HELLO: WELCOME, or an ERROR and the end. */
void login_hello(struct conn *conn, const struct frame *frame);

/* Answer a request of the session's own methods. False: it is none of them. */
bool login_request(struct conn *conn, const struct frame *frame);

/* Ask what has been revoked, or changed in the schema, in the last `seconds`; `then` gets each as a notification says
 * it, with the worker. */
void login_catch_up(struct worker *worker, uint64_t seconds, void (*then)(void *worker, const char *payload));

#endif
