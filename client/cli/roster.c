#include "roster.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>

static bool is_taken(const struct roster *roster, const char *name) {
    for (size_t i = 0; i < roster->count; i++)
        if (strcmp(roster->posts[i].name, name) == 0)
            return true;
    return false;
}

static bool is_file_name(const char *name) {
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL && strlen(name) < 100;
}

static char *copy_of(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    return copy;
}

static void add(struct roster *roster, const char *name, const char *role, const char *id_field, const char *id) {
    if (!is_file_name(name) || is_taken(roster, name)) {
        say_fact("这个名字不能再用，跳过", "the name cannot be used (again), passed over", name, NULL);
        return;
    }
    roster->posts = reallocarray(roster->posts, roster->count + 1, sizeof *roster->posts);
    if (roster->posts == NULL)
        abort();
    roster->posts[roster->count++] = (struct post){copy_of(name), role, id_field, copy_of(id)};
}

void roster_office(struct roster *roster) {
    *roster = (struct roster){0};
    add(roster, "office", "office", NULL, "");
}

/* A group's leader: L01 of G01, L-CODE of any other code. */
static void add_leader(struct roster *roster, const char *code, const char *id) {
    char name[128];
    bool plain = code[0] == 'G' && code[1] != '\0' && strspn(code + 1, "0123456789") == strlen(code + 1);
    snprintf(name, sizeof name, plain ? "L%s" : "L-%s", plain ? code + 1 : code);
    add(roster, name, "leader", "group_id", id);
}

int roster_town(struct roster *roster, struct session *office) {
    static const char *const offices[] = {"chair", "auditor", "backup"};
    static const struct {
        const char *method, *rows, *role, *id_field;
    } lists[] = {
        {"ListGroups", "groups", "clerk", "group_id"},
        {"ListUnits", "units", "unit", "unit_id"},
        {"ListPeople", "people", "deputy", "person_id"},
    };
    roster_office(roster);
    for (size_t i = 0; i < sizeof offices / sizeof *offices; i++)
        add(roster, offices[i], offices[i], NULL, "");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int code;
        json_t *reply = rpc_list(office, lists[i].method, json_object(), lists[i].rows, &code);
        if (reply == NULL)
            return code;
        const json_t *rows = json_object_get(reply, lists[i].rows);
        for (size_t r = 0; r < json_array_size(rows); r++) {
            const json_t *row = json_array_get(rows, r);
            add(roster, rpc_text(row, "code"), lists[i].role, lists[i].id_field, rpc_text(row, lists[i].id_field));
            if (strcmp(lists[i].role, "clerk") == 0)
                add_leader(roster, rpc_text(row, "code"), rpc_text(row, "group_id"));
        }
        json_decref(reply);
    }
    return EXIT_DONE;
}

void roster_clear(struct roster *roster) {
    for (size_t i = 0; i < roster->count; i++) {
        free(roster->posts[i].name);
        free(roster->posts[i].id);
    }
    free(roster->posts);
    *roster = (struct roster){0};
}
