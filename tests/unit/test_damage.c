/* test_damage.c - a descriptor set that lacks a name somewhere, as protoc never makes one, is refused in words. */
#include "catalogue.h"
#include "google/protobuf/descriptor.pb-c.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;

enum { NAMES_MAX = 10000 };

struct names {
    char **places[NAMES_MAX];
    size_t count;
};

static void add(struct names *n, char **place) {
    cr_assert(n->count < NAMES_MAX && *place != NULL);
    n->places[n->count++] = place;
}

static void add_enum(struct names *n, enum_proto *e) {
    add(n, &e->name);
    add(n, &e->value[e->n_value - 1]->name);
}

static void add_message(struct names *n, message_proto *m) {
    add(n, &m->name);
    if (m->n_field > 0)
        add(n, &m->field[m->n_field - 1]->name);
    for (size_t i = 0; i < m->n_enum_type; i++)
        add_enum(n, m->enum_type[i]);
    for (size_t i = 0; i < m->n_nested_type; i++)
        add_message(n, m->nested_type[i]);
}

static void find_names(struct names *n, file_set *set) {
    for (size_t i = 0; i < set->n_file; i++) {
        Google__Protobuf__FileDescriptorProto *f = set->file[i];
        add(n, &f->name);
        for (size_t k = 0; k < f->n_message_type && k < 3; k++)
            add_message(n, f->message_type[k]);
        for (size_t k = 0; k < f->n_enum_type && k < 2; k++)
            add_enum(n, f->enum_type[k]);
        for (size_t k = 0; k < f->n_service; k++) {
            Google__Protobuf__MethodDescriptorProto *m = f->service[k]->method[0];
            add(n, &m->name);
            add(n, &m->input_type);
            add(n, &m->output_type);
        }
    }
}

static void expect_refused(const file_set *set, uint8_t *bytes, const char *what) {
    char error[256] = "";
    size_t size = google__protobuf__file_descriptor_set__pack(set, bytes);
    struct catalogue *c = catalogue_open(bytes, size, error, sizeof error);
    cr_expect_null(c, "%s", what);
    cr_expect(*error != '\0');
    catalogue_free(c);
}

Test(damage, names_that_are_missing) {
    static struct names names;
    static char empty[] = "", endless[200];
    memset(endless, 'n', sizeof endless - 1);
    FILE *file = fopen(LVZHI_DESCRIPTORS, "rb");
    cr_assert_not_null(file);
    static uint8_t whole[1 << 21];
    size_t size = fread(whole, 1, sizeof whole / 2, file);
    fclose(file);
    file_set *set = google__protobuf__file_descriptor_set__unpack(NULL, size, whole);
    cr_assert_not_null(set);
    find_names(&names, set);
    cr_expect_gt(names.count, 100);
    for (size_t i = 0; i < names.count; i += 1 + names.count / 150) {
        char *name = *names.places[i];
        *names.places[i] = NULL;
        expect_refused(set, whole, name);
        *names.places[i] = empty;
        expect_refused(set, whole, name);
        *names.places[i] = endless;
        expect_refused(set, whole, name);
        *names.places[i] = name;
    }
    char error[256] = "";
    size = google__protobuf__file_descriptor_set__pack(set, whole);
    struct catalogue *c = catalogue_open(whole, size, error, sizeof error);
    cr_expect_not_null(c, "as it was: %s", error);
    catalogue_free(c);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
}
