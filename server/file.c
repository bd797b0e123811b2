#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

char *file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    if (file == NULL)
        return NULL;
    ssize_t got = getdelim(&text, &size, '\0', file);
    fclose(file);
    if (got >= 0)
        return text;
    free(text);
    return NULL;
}
