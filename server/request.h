/* request.h - one request of a session, from its frame to its one answer. */
#ifndef LVZHI_REQUEST_H
#define LVZHI_REQUEST_H

#include "conn.h"

/* Answer a REQUEST frame: now, or when PostgreSQL has. The session has counted its credit already. */
void request_begin(struct conn *conn, const struct frame *frame);

/* Answer request `id` that its caller's role may not make the call `method`, and which roles may (call.by). */
void request_refuse_role(struct conn *conn, uint32_t id, const char *method, uint32_t by);

#endif
