/* check.h - does the table of commands fit the language? For the tests: `lvzhi --check-table`. */
#ifndef LVZHI_CHECK_H
#define LVZHI_CHECK_H

/* Compare every row with the descriptor set: methods, fields and their kinds, choices with enums, columns with replies,
 * every action of a record has its command, every `lvzhi ...` of a sentence is one. Prints what does not fit; an exit
 * code. */
int check_table(const char *descriptors);

#endif
