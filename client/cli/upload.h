/* upload.h - a file to the centre and back, chunk by chunk. */
#ifndef LVZHI_UPLOAD_H
#define LVZHI_UPLOAD_H

#include "command.h"
#include "file_type.h"

/* What the centre takes at most by default is less: it refuses before any of it is sent. */
enum { UPLOAD_LIMIT = 256 << 20 };

struct upload {
    const char *subject, *record_code;
    const char *name; /* of the file, without folders */
    enum lvzhi_file_type type;
    const struct buffer *bytes;
    const char *note; /* NULL: none */
    bool sealed;
    const char *redacts_id; /* NULL: it is no redacted copy */
};

/* Read a file that is to be sent: of a kind that the centre keeps, without what it says of place and time unless
 * `keep_metadata`. An exit code; what was wrong has been said. */
int upload_read(const char *path, bool keep_metadata, struct buffer *ret_bytes, enum lvzhi_file_type *ret_type);

/* Send it, and only what the centre has not yet. AttachmentFinishReply; NULL: said, *ret_exit is set. */
json_t *upload_send(struct session *session, const struct upload *upload, const char *summary, int *ret_exit);

/* Fetch an attachment (lvzhi.v1.Attachment); `look_id` of a sealed one. An exit code; its digest is right. */
int download(struct session *session, const json_t *attachment, const json_t *look_id, struct buffer *ret_bytes);

#endif
