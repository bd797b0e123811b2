#include "fuzz.h"

#include "server/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool input_ended(const struct input *input) {
    return input->at == input->end;
}

uint8_t input_byte(struct input *input) {
    return input->at < input->end ? *input->at++ : 0;
}

uint32_t input_u16(struct input *input) {
    uint32_t low = input_byte(input);
    return low | (uint32_t)input_byte(input) << 8;
}

uint32_t input_u32(struct input *input) {
    uint32_t low = input_u16(input);
    return low | input_u16(input) << 16;
}

uint64_t input_u64(struct input *input) {
    uint64_t low = input_u32(input);
    return low | (uint64_t)input_u32(input) << 32;
}

const uint8_t *input_bytes(struct input *input, size_t most, size_t *ret_size) {
    const uint8_t *bytes = input->at;
    size_t left = (size_t)(input->end - input->at);
    *ret_size = most < left ? most : left;
    input->at += *ret_size;
    return bytes;
}

uint8_t *exact_copy(const void *bytes, size_t size) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *input_text(struct input *input) {
    size_t size;
    const uint8_t *bytes = input_bytes(input, SIZE_MAX, &size);
    size = strnlen((const char *)bytes, size);
    char *text = realloc(exact_copy(bytes, size), size + 1);
    assert(text != NULL);
    text[size] = '\0';
    return text;
}

const struct catalogue *language(void) {
    static struct catalogue *catalogue;
    char error[256] = "";
    if (catalogue == NULL)
        catalogue = catalogue_open_file(LVZHI_DESCRIPTORS, error, sizeof error);
    if (catalogue == NULL) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
    return catalogue;
}

static const ProtobufCEnumDescriptor *enum_of(const char *message, const char *field) {
    const ProtobufCMessageDescriptor *m = catalogue_message(language(), message);
    assert(m != NULL);
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m, field);
    assert(f != NULL && f->type == PROTOBUF_C_TYPE_ENUM);
    return f->descriptor;
}

struct call_words language_words(void) {
    return (struct call_words){enum_of("lvzhi.v1.Caller", "role"), enum_of("lvzhi.v1.SubscribeRequest", "topics")};
}

/* A type as the message has its fields; false: no composite can be made of it. */
static bool compose(const ProtobufCMessageDescriptor *message, uint32_t oid, struct composite *ret) {
    *ret = (struct composite){.oid = oid, .n_attributes = message->n_fields};
    snake_case(message->short_name, ret->name, sizeof ret->name);
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        if (message->n_fields > LIMIT_COLUMNS || field->label == PROTOBUF_C_LABEL_REPEATED ||
            plan_type(field_kind(field)) == 0)
            return false;
        snprintf(ret->attributes[i].name, sizeof ret->attributes[i].name, "%s", field->name);
        ret->attributes[i].type = plan_type(field_kind(field));
    }
    return true;
}

static void add_composite(struct composites *all, const ProtobufCMessageDescriptor *message) {
    enum { OIDS_FROM = 100000 };
    struct composite made;
    if (!compose(message, (uint32_t)(OIDS_FROM + all->count), &made))
        return;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->types[i].name, made.name) == 0)
            return;
    all->types = reallocarray(all->types, all->count + 1, sizeof *all->types);
    assert(all->types != NULL);
    all->types[all->count++] = made;
}

const struct composites *language_composites(void) {
    static struct composites all;
    if (all.count > 0)
        return &all;
    add_composite(&all, catalogue_message(language(), "lvzhi.v1.Caller"));
    for (size_t i = 0; i < catalogue_methods(language()); i++) {
        const ProtobufCMessageDescriptor *request = catalogue_method_at(language(), i)->request;
        for (unsigned k = 0; k < request->n_fields; k++)
            if (request->fields[k].type == PROTOBUF_C_TYPE_MESSAGE)
                add_composite(&all, request->fields[k].descriptor);
    }
    return &all;
}

static void plan_call(struct planned_call *p) {
    const ProtobufCMessageDescriptor *caller = catalogue_message(language(), "lvzhi.v1.Caller");
    const struct call_words words = language_words();
    char path[4096], error[512];
    snprintf(path, sizeof path, "%s/sql/calls/%s.sql", LVZHI_SOURCE_DIR, p->method->file);
    char *text = file_read(path);
    if (text == NULL)
        return;
    p->call = call_parse(p->method, &words, text, error, sizeof error);
    free(text);
    assert(p->call != NULL);
    for (size_t i = 0; i < p->call->n_statements; i++)
        if (!plan_params(p->call, i, language_composites(), caller, &p->plans[i], error, sizeof error)) {
            fprintf(stderr, "%s\n", error);
            abort();
        }
}

const struct planned_call *input_call(struct input *input) {
    static struct planned_call *calls;
    size_t count = catalogue_methods(language());
    uint32_t number = input_u16(input);
    if (calls == NULL) {
        calls = calloc(count, sizeof *calls);
        assert(calls != NULL);
        for (size_t i = 0; i < count; i++) {
            calls[i].method = catalogue_method_at(language(), i);
            plan_call(&calls[i]);
        }
    }
    for (size_t i = 0; i < count; i++)
        if (calls[i].method->number == number)
            return &calls[i];
    return &calls[number % count];
}

static char scratch[64];

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place) {
    (void)about, (void)type, (void)place;
    return remove(path);
}

static void remove_scratch(void) {
    (void)nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_directory(void) {
    if (scratch[0] == '\0') {
        bool in_memory = access("/dev/shm", W_OK) == 0;
        snprintf(scratch, sizeof scratch, "%s/lvzhi-fuzz.XXXXXX", in_memory ? "/dev/shm" : "/tmp");
        const char *made = mkdtemp(scratch);
        assert(made != NULL);
        (void)atexit(remove_scratch);
    }
    return scratch;
}

const char *scratch_file(const char *name, const void *bytes, size_t size) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", scratch_directory(), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    ssize_t written = size > 0 ? write(fd, bytes, size) : 0;
    assert(written == (ssize_t)size);
    close(fd);
    return path;
}
