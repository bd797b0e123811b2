/* request.h - one request of a session, from its frame to its one answer. */
#ifndef LVZHI_REQUEST_H
#define LVZHI_REQUEST_H

#include "conn.h"

/* Answer a REQUEST frame: now, or when PostgreSQL has. The session has counted its credit already. */
void request_begin(struct conn *conn, const struct frame *frame);

#endif
