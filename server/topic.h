/* topic.h - who is told of what: Subscribe, EVENT frames, and word between the daemons of one database.
 *
 * What a committed segment changed (call.h: changes) is told to the sessions of its town that subscribed to a topic of
 * it, in rounds: the first change at once, what comes in the next INTERVAL_EVENT_MS together at their end. A connection
 * that has not taken what was sent to it before is told once it has. So a last change is always followed by an EVENT.
 *
 * An operation that is only answered again is told again: what was told of it may have died with a daemon.
 *
 * Other daemons hear of it by a notification, at most one every INTERVAL_NOTIFY_MS and never within a segment: a
 * transaction that notifies holds a lock of the whole database while it commits. A daemon that is killed just then
 * leaves the others' clients untold until the next change, or their next pull. A daemon that could not hear for a while
 * tells everybody of everything they subscribed to. For an EVENT says only "pull": Changes tells what. */
#ifndef LVZHI_TOPIC_H
#define LVZHI_TOPIC_H

#include "conn.h"

struct topics;

struct topics *topics_new(struct worker *worker);
void topics_free(struct topics *topics); /* when no connection is left */

/* Answer Subscribe. False: the request is another. */
bool topic_request(struct conn *conn, const struct frame *frame);

/* The connection ends, or speaks for somebody else from now on. */
void topic_forget(struct conn *conn);

/* A segment of this town has committed; bits of `changed` as in call.topics. */
void topics_committed(struct topics *topics, int32_t town_id, uint32_t changed);

/* Another daemon's notification, what follows "changed "; and: some may have been missed. */
void topics_heard(struct topics *topics, const char *words);
void topics_missed(struct topics *topics);

/* Tell what is due: at the end of each turn of the loop. When the next is due, after now; UINT64_MAX: nothing waits. */
uint64_t topics_tell(struct topics *topics, uint64_t now_ms);

#endif
