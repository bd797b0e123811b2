/* file.h - the text of a small file. */
#ifndef LVZHI_FILE_H
#define LVZHI_FILE_H

/* All of it up to the first NUL byte, owned by the caller; NULL when it cannot be read or is empty. */
char *file_read(const char *path);

#endif
