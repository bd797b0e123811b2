/* roster.h - whose accounts and profiles `lvzhi provision` makes: the town's offices, rooms, units and deputies. */
#ifndef LVZHI_ROSTER_H
#define LVZHI_ROSTER_H

#include "rpc.h"

#include <jansson.h>

/* One account to be made. */
struct post {
    char *name; /* login and file name */
    const char *role;
    const char *id_field; /* "person_id", "group_id", "unit_id"; NULL: none */
    char *id;             /* UUID text */
};

struct roster {
    struct post *posts;
    size_t count;
};

/* The office alone: what can be made before the town has groups. */
void roster_office(struct roster *roster);

/* Everyone, as the office's session lists them. An exit code; what is wrong has been said. */
int roster_town(struct roster *roster, struct session *office);

void roster_clear(struct roster *roster);

#endif
