/* login.h - who a connection is: HELLO and Resume, Login, Logout, Enrol. The only methods that have C code. */
#ifndef LVZHI_LOGIN_H
#define LVZHI_LOGIN_H

#include "conn.h"

/* Look at a HELLO: WELCOME, or an ERROR and the end. */
void login_hello(struct conn *conn, const struct frame *frame);

/* Answer a request of the session's own methods. False: it is none of them. */
bool login_request(struct conn *conn, const struct frame *frame);

#endif
