#include "catalogue.h"

#include "google/protobuf/descriptor.pb-c.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METHOD_OPTION = 50001, MESSAGE_DEPTH_MAX = 8 };

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__MethodDescriptorProto method_proto;

struct message {
    ProtobufCMessageDescriptor descriptor;
    const message_proto *source;
};

struct enumeration {
    ProtobufCEnumDescriptor descriptor;
};

struct block {
    struct block *next;
    max_align_t bytes[];
};

struct catalogue {
    file_set *set; /* the strings of all descriptors */
    struct message *messages;
    size_t n_messages;
    struct enumeration *enums;
    size_t n_enums;
    struct method *methods;
    size_t n_methods;
    struct block *blocks;
    char *error;
    size_t error_size;
};

static void *allocate(struct catalogue *c, size_t count, size_t size) {
    struct block *block = calloc(1, sizeof *block + count * size);
    if (block == NULL)
        abort();
    block->next = c->blocks;
    c->blocks = block;
    return block->bytes;
}

__attribute__((format(printf, 2, 3))) static bool fail(struct catalogue *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(c->error, c->error_size, format, args);
    va_end(args);
    return false;
}

static char *full_name(struct catalogue *c, const char *scope, const char *name) {
    size_t size = strlen(scope) + strlen(name) + 2;
    char *full = allocate(c, size, 1);
    snprintf(full, size, "%s%s%s", scope, *scope == '\0' ? "" : ".", name);
    return full;
}

void snake_case(const char *name, char *ret, size_t size) {
    size_t used = 0;
    for (const char *p = name; *p != '\0'; p++) {
        if (isupper((unsigned char)*p) && p > name && !isupper((unsigned char)p[-1]))
            ret[used++] = '_';
        assert(used + 2 <= size);
        ret[used++] = (char)tolower((unsigned char)*p);
    }
    ret[used] = '\0';
}

static const char *snake_copy(struct catalogue *c, const char *name) {
    size_t size = 2 * strlen(name) + 2;
    char *copy = allocate(c, size, 1);
    snake_case(name, copy, size);
    return copy;
}

/* "MARK_LEFT_EARLY" of "Mark" -> "left_early"; a name without the prefix is kept whole. */
static const char *value_text(struct catalogue *c, const char *enum_name, const char *value_name) {
    char prefix[256];
    assert(strlen(enum_name) < sizeof prefix / 2 - 2);
    snake_case(enum_name, prefix, sizeof prefix);
    size_t length = strlen(prefix);
    prefix[length++] = '_';
    const char *rest = strncasecmp(value_name, prefix, length) == 0 ? value_name + length : value_name;
    char *text = allocate(c, strlen(rest) + 1, 1);
    for (size_t i = 0; rest[i] != '\0'; i++)
        text[i] = (char)tolower((unsigned char)rest[i]);
    return text;
}

static int by_value(const void *a, const void *b) {
    int x = ((const ProtobufCEnumValue *)a)->value, y = ((const ProtobufCEnumValue *)b)->value;
    return (x > y) - (x < y);
}

static int by_value_name(const void *a, const void *b) {
    return strcmp(((const ProtobufCEnumValueIndex *)a)->name, ((const ProtobufCEnumValueIndex *)b)->name);
}

static int by_field_id(const void *a, const void *b) {
    uint32_t x = ((const ProtobufCFieldDescriptor *)a)->id, y = ((const ProtobufCFieldDescriptor *)b)->id;
    return (x > y) - (x < y);
}

/* protobuf-c finds a number by runs of consecutive ones; a closing range holds the total. `numbers` rise. */
static ProtobufCIntRange *number_ranges(struct catalogue *c, const int *numbers, unsigned count, unsigned *ret_ranges) {
    ProtobufCIntRange *ranges = allocate(c, count + 1, sizeof *ranges);
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++)
        if (i == 0 || numbers[i] != (int64_t)numbers[i - 1] + 1)
            ranges[n++] = (ProtobufCIntRange){.start_value = numbers[i], .orig_index = i};
    ranges[n] = (ProtobufCIntRange){.start_value = 0, .orig_index = count};
    *ret_ranges = n;
    return ranges;
}

static void add_enum(struct catalogue *c, const char *scope, const enum_proto *source) {
    ProtobufCEnumDescriptor *d = &c->enums[c->n_enums++].descriptor;
    unsigned count = (unsigned)source->n_value;
    ProtobufCEnumValue *values = allocate(c, count, sizeof *values);
    ProtobufCEnumValueIndex *names = allocate(c, count, sizeof *names);
    int *numbers = allocate(c, count, sizeof *numbers);

    for (unsigned i = 0; i < count; i++)
        values[i] = (ProtobufCEnumValue){
            .name = source->value[i]->name,
            .c_name = value_text(c, source->name, source->value[i]->name),
            .value = source->value[i]->number,
        };
    qsort(values, count, sizeof *values, by_value);
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = values[i].value;
        names[i] = (ProtobufCEnumValueIndex){.name = values[i].name, .index = i};
    }
    qsort(names, count, sizeof *names, by_value_name);

    *d = (ProtobufCEnumDescriptor){
        .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
        .name = full_name(c, scope, source->name),
        .short_name = source->name,
        .c_name = source->name,
        .package_name = scope,
        .n_values = count,
        .values = values,
        .n_value_names = count,
        .values_by_name = names,
    };
    d->value_ranges = number_ranges(c, numbers, count, &d->n_value_ranges);
}

static void add_messages(struct catalogue *c, const char *scope, message_proto *const *sources, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const message_proto *source = sources[i];
        const char *name = full_name(c, scope, source->name);
        c->messages[c->n_messages++] = (struct message){
            .descriptor = {.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
                           .name = name,
                           .short_name = source->name,
                           .c_name = source->name,
                           .package_name = scope},
            .source = source,
        };
        for (size_t e = 0; e < source->n_enum_type; e++)
            add_enum(c, name, source->enum_type[e]);
        add_messages(c, name, source->nested_type, source->n_nested_type);
    }
}

static struct message *find_message(const struct catalogue *c, const char *name) {
    for (size_t i = 0; i < c->n_messages; i++)
        if (strcmp(c->messages[i].descriptor.name, name) == 0)
            return &c->messages[i];
    return NULL;
}

static const ProtobufCEnumDescriptor *find_enum(const struct catalogue *c, const char *name) {
    for (size_t i = 0; i < c->n_enums; i++)
        if (strcmp(c->enums[i].descriptor.name, name) == 0)
            return &c->enums[i].descriptor;
    return NULL;
}

/* The C type of one element: its size is also its alignment, but for bytes (two words). -1: not supported. */
static int element_size(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return 4;
    case PROTOBUF_C_TYPE_BOOL:
        return (int)sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_ENUM:
        return (int)sizeof(int);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return (int)sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return (int)sizeof(ProtobufCBinaryData);
    default:
        return -1;
    }
}

static ProtobufCType field_type(const field_proto *f) {
    static const ProtobufCType types[] = {
        [1] = PROTOBUF_C_TYPE_DOUBLE,   [2] = PROTOBUF_C_TYPE_FLOAT,     [3] = PROTOBUF_C_TYPE_INT64,
        [4] = PROTOBUF_C_TYPE_UINT64,   [5] = PROTOBUF_C_TYPE_INT32,     [6] = PROTOBUF_C_TYPE_FIXED64,
        [7] = PROTOBUF_C_TYPE_FIXED32,  [8] = PROTOBUF_C_TYPE_BOOL,      [9] = PROTOBUF_C_TYPE_STRING,
        [11] = PROTOBUF_C_TYPE_MESSAGE, [12] = PROTOBUF_C_TYPE_BYTES,    [13] = PROTOBUF_C_TYPE_UINT32,
        [14] = PROTOBUF_C_TYPE_ENUM,    [15] = PROTOBUF_C_TYPE_SFIXED32, [16] = PROTOBUF_C_TYPE_SFIXED64,
        [17] = PROTOBUF_C_TYPE_SINT32,  [18] = PROTOBUF_C_TYPE_SINT64,
    };
    return types[f->type];
}

static unsigned take_space(size_t *size, size_t alignment, size_t wanted) {
    *size = (*size + alignment - 1) / alignment * alignment;
    unsigned offset = (unsigned)*size;
    *size += wanted;
    return offset;
}

static bool is_packable(ProtobufCType type) {
    return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_MESSAGE;
}

/* Fill one field and give it its place in the message's struct, laid out as protoc-c would. */
static bool lay_field(struct catalogue *c, const char *message, const field_proto *f, ProtobufCFieldDescriptor *ret,
                      size_t *size) {
    if (f->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED)
        return fail(c, "%s.%s: required fields are not allowed", message, f->name);
    if (f->has_oneof_index)
        return fail(c, "%s.%s: oneof is not allowed", message, f->name);
    if (f->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP)
        return fail(c, "%s.%s: groups are not allowed", message, f->name);
    if (f->type < GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE ||
        f->type > GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT64)
        return fail(c, "%s.%s: there is no type %d", message, f->name, (int)f->type);

    *ret = (ProtobufCFieldDescriptor){.name = f->name, .id = (uint32_t)f->number, .type = field_type(f)};
    const char *type_name = f->type_name != NULL && *f->type_name == '.' ? f->type_name + 1 : "";
    if (ret->type == PROTOBUF_C_TYPE_MESSAGE) {
        struct message *sub = find_message(c, type_name);
        if (sub == NULL)
            return fail(c, "%s.%s: no message %s", message, f->name, type_name);
        if (sub->source->options != NULL && sub->source->options->map_entry)
            return fail(c, "%s.%s: maps are not allowed", message, f->name);
        ret->descriptor = &sub->descriptor;
    } else if (ret->type == PROTOBUF_C_TYPE_ENUM) {
        ret->descriptor = find_enum(c, type_name);
        if (ret->descriptor == NULL)
            return fail(c, "%s.%s: no enum %s", message, f->name, type_name);
    }

    size_t element = (size_t)element_size(ret->type);
    size_t alignment = ret->type == PROTOBUF_C_TYPE_BYTES ? sizeof(void *) : element;
    if (f->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED) {
        ret->label = PROTOBUF_C_LABEL_REPEATED;
        if (f->options != NULL && f->options->packed && is_packable(ret->type))
            ret->flags = PROTOBUF_C_FIELD_FLAG_PACKED;
        ret->quantifier_offset = take_space(size, sizeof(size_t), sizeof(size_t));
        ret->offset = take_space(size, sizeof(void *), sizeof(void *));
        return true;
    }
    ret->label = PROTOBUF_C_LABEL_OPTIONAL;
    if (ret->type != PROTOBUF_C_TYPE_STRING && ret->type != PROTOBUF_C_TYPE_MESSAGE)
        ret->quantifier_offset = take_space(size, sizeof(protobuf_c_boolean), sizeof(protobuf_c_boolean));
    ret->offset = take_space(size, alignment, element);
    return true;
}

static bool build_message(struct catalogue *c, struct message *m) {
    ProtobufCMessageDescriptor *d = &m->descriptor;
    assert(m->source != NULL);
    unsigned count = (unsigned)m->source->n_field;
    ProtobufCFieldDescriptor *fields = allocate(c, count, sizeof *fields);
    unsigned *by_name = allocate(c, count, sizeof *by_name);
    int *numbers = allocate(c, count, sizeof *numbers);

    size_t size = sizeof(ProtobufCMessage);
    for (unsigned i = 0; i < count; i++)
        if (!lay_field(c, d->name, m->source->field[i], &fields[i], &size))
            return false;
    qsort(fields, count, sizeof *fields, by_field_id);
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = (int)fields[i].id;
        unsigned at = i;
        for (; at > 0 && strcmp(fields[by_name[at - 1]].name, fields[i].name) > 0; at--)
            by_name[at] = by_name[at - 1];
        by_name[at] = i;
    }
    (void)take_space(&size, sizeof(void *), 0);

    d->sizeof_message = size;
    d->n_fields = count;
    d->fields = count == 0 ? NULL : fields; /* the library looks at the first of an array that is there */
    d->fields_sorted_by_name = by_name;
    d->field_ranges = number_ranges(c, numbers, count, &d->n_field_ranges);
    return true;
}

/* A message that can hold itself could nest as deep as its bytes: unpacking has no limit of its own. */
static bool check_depth(struct catalogue *c, const ProtobufCMessageDescriptor *d, unsigned depth) {
    if (depth > MESSAGE_DEPTH_MAX)
        return fail(c, "%s: messages nest deeper than %d, or hold themselves", d->name, MESSAGE_DEPTH_MAX);
    for (unsigned i = 0; i < d->n_fields; i++)
        if (d->fields[i].type == PROTOBUF_C_TYPE_MESSAGE && !check_depth(c, d->fields[i].descriptor, depth + 1))
            return false;
    return true;
}

/* What protoc names always, in a file that may be another's or damaged. */
static bool is_name(struct catalogue *c, const char *name, const char *of) {
    return (name != NULL && *name != '\0' && strlen(name) <= 100) || fail(c, "%s: a name is missing", of);
}

static bool check_enums(struct catalogue *c, enum_proto *const *enums, size_t count, const char *of) {
    for (size_t i = 0; i < count; i++) {
        if (!is_name(c, enums[i]->name, of))
            return false;
        for (size_t k = 0; k < enums[i]->n_value; k++)
            if (!is_name(c, enums[i]->value[k]->name, enums[i]->name))
                return false;
    }
    return true;
}

static bool check_names(struct catalogue *c, message_proto *const *messages, size_t count, const char *of) {
    for (size_t i = 0; i < count; i++) {
        const message_proto *m = messages[i];
        if (!is_name(c, m->name, of) || !check_enums(c, m->enum_type, m->n_enum_type, m->name) ||
            !check_names(c, m->nested_type, m->n_nested_type, m->name))
            return false;
        for (size_t k = 0; k < m->n_field; k++)
            if (!is_name(c, m->field[k]->name, m->name))
                return false;
    }
    return true;
}

/* The option stands among the unknown fields of MethodOptions, as a varint. 0: there is none. */
static uint64_t method_number(const method_proto *m) {
    if (m->options == NULL)
        return 0;
    const ProtobufCMessage *base = &m->options->base;
    for (unsigned i = 0; i < base->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *f = &base->unknown_fields[i];
        if (f->tag != METHOD_OPTION || f->wire_type != PROTOBUF_C_WIRE_TYPE_VARINT)
            continue;
        uint64_t value = 0;
        for (size_t at = 0; at < f->len && at < 10; at++)
            value |= (uint64_t)(f->data[at] & 0x7f) << (7 * at);
        return value;
    }
    return 0;
}

static int by_number(const void *a, const void *b) {
    return (int)((const struct method *)a)->number - (int)((const struct method *)b)->number;
}

static bool add_method(struct catalogue *c, const method_proto *source) {
    if (!is_name(c, source->name, "rpc") || !is_name(c, source->input_type, source->name) ||
        !is_name(c, source->output_type, source->name))
        return false;
    uint64_t number = method_number(source);
    if (number == 0 || number > UINT16_MAX)
        return fail(c, "rpc %s: no (method) number from 1 to 65535", source->name);
    const struct message *request = find_message(c, source->input_type + 1);
    const struct message *reply = find_message(c, source->output_type + 1);
    if (request == NULL || reply == NULL)
        return fail(c, "rpc %s: a message is missing", source->name);
    if (source->client_streaming || source->server_streaming)
        return fail(c, "rpc %s: streams are not allowed", source->name);
    c->methods[c->n_methods++] = (struct method){
        .number = (uint16_t)number,
        .name = source->name,
        .file = snake_copy(c, source->name),
        .request = &request->descriptor,
        .reply = &reply->descriptor,
    };
    return true;
}

static bool add_methods(struct catalogue *c, const file_proto *file) {
    for (size_t s = 0; s < file->n_service; s++)
        for (size_t i = 0; i < file->service[s]->n_method; i++)
            if (!add_method(c, file->service[s]->method[i]))
                return false;
    return true;
}

static bool check_methods(struct catalogue *c) {
    qsort(c->methods, c->n_methods, sizeof *c->methods, by_number);
    for (size_t i = 1; i < c->n_methods; i++)
        if (c->methods[i].number == c->methods[i - 1].number)
            return fail(c, "rpc %s and rpc %s have one number, %u", c->methods[i - 1].name, c->methods[i].name,
                        c->methods[i].number);
    return true;
}

static size_t count_messages(message_proto *const *messages, size_t count) {
    size_t total = count;
    for (size_t i = 0; i < count; i++)
        total += count_messages(messages[i]->nested_type, messages[i]->n_nested_type);
    return total;
}

static size_t count_enums(message_proto *const *messages, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += messages[i]->n_enum_type + count_enums(messages[i]->nested_type, messages[i]->n_nested_type);
    return total;
}

static bool is_ours(const file_proto *file) {
    return file->package == NULL || strcmp(file->package, "google.protobuf") != 0;
}

static bool build(struct catalogue *c) {
    size_t messages = 0, enums = 0, methods = 0;
    for (size_t i = 0; i < c->set->n_file; i++) {
        const file_proto *file = c->set->file[i];
        if (!is_name(c, file->name, "a file") || !check_enums(c, file->enum_type, file->n_enum_type, file->name) ||
            !check_names(c, file->message_type, file->n_message_type, file->name))
            return false;
        if (file->syntax != NULL && strcmp(file->syntax, "proto2") != 0)
            return fail(c, "%s: only proto2 is allowed", file->name);
        messages += count_messages(file->message_type, file->n_message_type);
        enums += file->n_enum_type + count_enums(file->message_type, file->n_message_type);
        for (size_t s = 0; s < file->n_service; s++)
            methods += file->service[s]->n_method;
    }
    c->messages = allocate(c, messages, sizeof *c->messages);
    c->enums = allocate(c, enums, sizeof *c->enums);
    c->methods = allocate(c, methods, sizeof *c->methods);

    for (size_t i = 0; i < c->set->n_file; i++) {
        const file_proto *file = c->set->file[i];
        if (!is_ours(file))
            continue;
        const char *package = file->package == NULL ? "" : file->package;
        for (size_t e = 0; e < file->n_enum_type; e++)
            add_enum(c, package, file->enum_type[e]);
        add_messages(c, package, file->message_type, file->n_message_type);
    }
    for (size_t i = 0; i < c->n_messages; i++)
        if (!build_message(c, &c->messages[i]))
            return false;
    for (size_t i = 0; i < c->n_messages; i++)
        if (!check_depth(c, &c->messages[i].descriptor, 1))
            return false;
    for (size_t i = 0; i < c->set->n_file; i++)
        if (is_ours(c->set->file[i]) && !add_methods(c, c->set->file[i]))
            return false;
    return check_methods(c);
}

struct catalogue *catalogue_open(const void *bytes, size_t size, char *ret_error, size_t error_size) {
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->error = ret_error;
    c->error_size = error_size;
    c->set = google__protobuf__file_descriptor_set__unpack(NULL, size, bytes);
    if (c->set == NULL)
        (void)fail(c, "not a descriptor set");
    if (c->set == NULL || !build(c)) {
        catalogue_free(c);
        return NULL;
    }
    return c;
}

struct catalogue *catalogue_open_file(const char *path, char *ret_error, size_t error_size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        snprintf(ret_error, error_size, "cannot open %s", path);
        return NULL;
    }
    size_t size = 0, capacity = 1 << 16;
    uint8_t *bytes = malloc(capacity);
    for (;;) {
        if (bytes == NULL)
            abort();
        size_t got = fread(bytes + size, 1, capacity - size, file);
        size += got;
        if (got == 0)
            break;
        if (size == capacity)
            bytes = realloc(bytes, capacity *= 2);
    }
    fclose(file);
    struct catalogue *c = catalogue_open(bytes, size, ret_error, error_size);
    free(bytes);
    return c;
}

void catalogue_free(struct catalogue *c) {
    if (c == NULL)
        return;
    while (c->blocks != NULL) {
        struct block *next = c->blocks->next;
        free(c->blocks);
        c->blocks = next;
    }
    if (c->set != NULL)
        google__protobuf__file_descriptor_set__free_unpacked(c->set, NULL);
    free(c);
}

size_t catalogue_methods(const struct catalogue *c) {
    return c->n_methods;
}

const struct method *catalogue_method_at(const struct catalogue *c, size_t index) {
    assert(index < c->n_methods);
    return &c->methods[index];
}

const struct method *catalogue_method(const struct catalogue *c, uint16_t number) {
    struct method key = {.number = number};
    return bsearch(&key, c->methods, c->n_methods, sizeof key, by_number);
}

const struct method *catalogue_method_named(const struct catalogue *c, const char *name) {
    for (size_t i = 0; i < c->n_methods; i++)
        if (strcmp(c->methods[i].name, name) == 0)
            return &c->methods[i];
    return NULL;
}

const ProtobufCMessageDescriptor *catalogue_message(const struct catalogue *c, const char *name) {
    const struct message *m = find_message(c, name);
    return m == NULL ? NULL : &m->descriptor;
}

static bool ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

enum field_kind field_kind(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_BYTES:
        return ends_with(field->name, "_id") || ends_with(field->name, "_ids") ? FIELD_UUID : FIELD_BYTES;
    case PROTOBUF_C_TYPE_STRING:
        return ends_with(field->name, "_on") ? FIELD_DATE : FIELD_TEXT;
    case PROTOBUF_C_TYPE_INT64:
        return ends_with(field->name, "_us") ? FIELD_TIME : FIELD_INT64;
    case PROTOBUF_C_TYPE_INT32:
        return FIELD_INT32;
    case PROTOBUF_C_TYPE_UINT32:
        return FIELD_UINT32;
    case PROTOBUF_C_TYPE_UINT64:
        return FIELD_UINT64;
    case PROTOBUF_C_TYPE_BOOL:
        return FIELD_BOOL;
    case PROTOBUF_C_TYPE_DOUBLE:
        return FIELD_DOUBLE;
    case PROTOBUF_C_TYPE_ENUM:
        return FIELD_ENUM;
    case PROTOBUF_C_TYPE_MESSAGE:
        return FIELD_MESSAGE;
    default:
        return FIELD_UNSUPPORTED;
    }
}

bool enum_value(const ProtobufCEnumDescriptor *descriptor, const char *text, int *ret_value) {
    for (unsigned i = 0; i < descriptor->n_values; i++)
        if (strcmp(descriptor->values[i].c_name, text) == 0) {
            *ret_value = descriptor->values[i].value;
            return true;
        }
    return false;
}
