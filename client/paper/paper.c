#include "paper.h"

#include "pdf.h"
#include "xlsx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct paper {
    char *path, *temporary;
    FILE *file; /* PDF */
    struct pdf *pdf;
    struct xlsx *xlsx; /* of the two, one */
    size_t documents;
    enum paper_status fault; /* the first */
};

static bool ends_in(const char *path, const char *suffix) {
    size_t length = strlen(path), end = strlen(suffix);
    return length > end && strcasecmp(path + length - end, suffix) == 0;
}

bool paper_can(const char *path) {
    return ends_in(path, ".pdf") || ends_in(path, ".xlsx");
}

/* The rights that a new file would have had: mkstemp() gives its own to nobody else. */
static void usual_mode(int fd) {
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) != 0)
        return; /* a file system without rights */
}

static void free_paper(struct paper *p) {
    free(p->path);
    free(p->temporary);
    free(p);
}

enum paper_status paper_open(const char *path, struct paper **ret_paper) {
    if (!paper_can(path))
        return PAPER_KIND;
    struct paper *p = calloc(1, sizeof *p);
    if (p == NULL || (p->path = strdup(path)) == NULL || asprintf(&p->temporary, "%s.part-XXXXXX", path) < 0)
        abort();
    int fd = mkstemp(p->temporary);
    if (fd < 0) {
        free_paper(p);
        return PAPER_WRITE;
    }
    usual_mode(fd);
    if (ends_in(path, ".xlsx")) {
        close(fd);
        p->xlsx = xlsx_new(p->temporary);
    } else if ((p->file = fdopen(fd, "wb")) == NULL) {
        abort();
    } else if ((p->pdf = pdf_new(p->file)) == NULL) {
        fclose(p->file);
        unlink(p->temporary);
        free_paper(p);
        return PAPER_FONT;
    }
    *ret_paper = p;
    return PAPER_DONE;
}

enum paper_status paper_add(struct paper *p, const struct document *document) {
    if (p->fault != PAPER_DONE)
        return p->fault;
    p->documents++;
    errno = 0;
    if (p->pdf != NULL)
        pdf_add(p->pdf, document);
    else if (!xlsx_add(p->xlsx, document))
        p->fault = PAPER_FULL;
    if (p->file != NULL && ferror(p->file) != 0)
        p->fault = PAPER_WRITE;
    return p->fault;
}

/* Write what is left; false: not all of it could be. */
static bool finish(struct paper *p, bool abandoned) {
    bool written = true;
    if (p->pdf != NULL)
        written = pdf_finish(p->pdf);
    else
        written = xlsx_finish(p->xlsx, abandoned);
    if (p->file != NULL) {
        int error = errno;
        bool closed = fclose(p->file) == 0;
        if (written && !closed)
            written = false;
        else if (!written)
            errno = error;
    }
    return written;
}

enum paper_status paper_close(struct paper *p) {
    if (p->documents == 0) {
        struct document *empty = document_new(DOCUMENT_PORTRAIT, "-");
        paper_add(p, empty);
        document_free(empty);
    }
    bool written = finish(p, p->fault != PAPER_DONE);
    if (p->fault == PAPER_DONE && (!written || rename(p->temporary, p->path) != 0))
        p->fault = PAPER_WRITE;
    enum paper_status fault = p->fault;
    int error = errno;
    if (fault != PAPER_DONE)
        unlink(p->temporary);
    free_paper(p);
    errno = error;
    return fault;
}

void paper_abandon(struct paper *p) {
    if (p == NULL)
        return;
    finish(p, true);
    unlink(p->temporary);
    free_paper(p);
}
