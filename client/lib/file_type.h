/* file_type.h - what a file is, by how it begins and never by its name; and names that a file may be given. */
#ifndef LVZHI_FILE_TYPE_H
#define LVZHI_FILE_TYPE_H

#include <stddef.h>
#include <stdint.h>

enum lvzhi_file_type { LVZHI_FILE_OTHER, LVZHI_FILE_JPEG, LVZHI_FILE_PNG, LVZHI_FILE_PDF };

/* OTHER: none of what the centre keeps. The centre looks at the same bytes (lv.file_type). */
enum lvzhi_file_type lvzhi_file_type(const void *bytes, size_t size);

/* The protocol's word: "jpeg"; NULL of OTHER. */
const char *lvzhi_file_type_word(enum lvzhi_file_type type);
enum lvzhi_file_type lvzhi_file_type_of_word(const char *word);

enum { LVZHI_FILE_NAME_SIZE = 256 };

/* `name` as it came from elsewhere -> one that is safe here: no folders, no control characters, no leading dots, whole
 * UTF-8, short enough for any disk, and with an ending that fits the type; `otherwise` where nothing is left of it. */
void lvzhi_file_name(const char *name, enum lvzhi_file_type type, const char *otherwise,
                     char ret[LVZHI_FILE_NAME_SIZE]);

#endif
