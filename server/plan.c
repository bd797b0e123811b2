#include "plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct type_name {
    uint32_t type;
    uint32_t array;
    const char *name;
} types[] = {
    {PG_BOOL, 1000, "bool"}, {PG_BYTEA, 1001, "bytea"}, {PG_INT8, 1016, "int8"},
    {PG_INT4, 1007, "int4"}, {PG_TEXT, 1009, "text"},   {PG_FLOAT8, 1022, "float8"},
    {PG_DATE, 1182, "date"}, {PG_UUID, 2951, "uuid"},   {PG_TIMESTAMPTZ, 1185, "timestamptz"},
};

uint32_t plan_type(enum field_kind kind) {
    switch (kind) {
    case FIELD_UUID:
        return PG_UUID;
    case FIELD_BYTES:
        return PG_BYTEA;
    case FIELD_DATE:
        return PG_DATE;
    case FIELD_TIME:
        return PG_TIMESTAMPTZ;
    case FIELD_ENUM:
    case FIELD_TEXT:
        return PG_TEXT;
    case FIELD_INT32:
        return PG_INT4;
    case FIELD_INT64:
    case FIELD_UINT32:
    case FIELD_UINT64:
        return PG_INT8;
    case FIELD_BOOL:
        return PG_BOOL;
    case FIELD_DOUBLE:
        return PG_FLOAT8;
    default:
        return 0;
    }
}

uint32_t plan_array_type(uint32_t element) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == element)
            return types[i].array;
    return 0;
}

static const char *type_text(uint32_t type, char ret[32]) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type || types[i].array == type) {
            snprintf(ret, 32, "%s%s", types[i].name, types[i].array == type ? "[]" : "");
            return ret;
        }
    snprintf(ret, 32, "type %u", type);
    return ret;
}

struct errors {
    const struct call *call;
    char *text;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct errors *e, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int used = snprintf(e->text, e->size, "sql/calls/%s.sql: ", e->call->method->file);
    if (used > 0 && (size_t)used < e->size)
        vsnprintf(e->text + used, e->size - (size_t)used, format, args);
    va_end(args);
    return false;
}

static void *allocate(size_t count, size_t size) {
    void *made = calloc(count == 0 ? 1 : count, size);
    if (made == NULL)
        abort();
    return made;
}

/* The composite type of a message: the same name in snake case, the same fields by name and type. */
static bool join_composite(const struct errors *e, const ProtobufCMessageDescriptor *message,
                           const struct composites *composites, struct param_plan *p) {
    char name[64], wanted[32], found[32];
    snake_case(message->short_name, name, sizeof name);
    for (size_t i = 0; i < composites->count; i++)
        if (strcmp(composites->types[i].name, name) == 0)
            p->composite = &composites->types[i];
    if (p->composite == NULL)
        return fail(e, "message %s: PostgreSQL has no composite type data.%s", message->short_name, name);
    if (p->composite->n_attributes != message->n_fields)
        return fail(e, "message %s has %u fields, type data.%s has %zu", message->short_name, message->n_fields, name,
                    p->composite->n_attributes);
    p->type = p->composite->oid;
    p->attributes = allocate(p->composite->n_attributes, sizeof *p->attributes);
    for (size_t i = 0; i < p->composite->n_attributes; i++) {
        const char *attribute = p->composite->attributes[i].name;
        uint32_t type = p->composite->attributes[i].type;
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message, attribute);
        if (field == NULL)
            return fail(e, "data.%s.%s: message %s has no such field", name, attribute, message->short_name);
        uint32_t expected = field->label == PROTOBUF_C_LABEL_REPEATED ? 0 : plan_type(field_kind(field));
        if (expected == 0 || expected != type)
            return fail(e, "data.%s.%s is %s, field %s.%s is %s", name, attribute, type_text(type, found),
                        message->short_name, attribute, type_text(expected, wanted));
        p->attributes[i] = field;
    }
    return true;
}

static bool join_scalar(const struct errors *e, const char *name, bool repeated, struct param_plan *p) {
    uint32_t type = plan_type(field_kind(p->field));
    if (type == 0)
        return fail(e, ":%s: this kind of field cannot be a parameter", name);
    p->element = type;
    p->type = repeated ? plan_array_type(type) : type;
    return true;
}

static bool join_param(const struct errors *e, const char *name, const struct composites *composites,
                       const ProtobufCMessageDescriptor *caller, struct param_plan *p) {
    const ProtobufCMessageDescriptor *request = e->call->method->request;
    *p = (struct param_plan){0};
    if (strcmp(name, "caller") == 0) {
        p->shape = PARAM_CALLER;
        return join_composite(e, caller, composites, p);
    }
    char head[64];
    size_t length = strcspn(name, ".");
    if (length >= sizeof head)
        return fail(e, ":%s: the name is too long", name);
    memcpy(head, name, length);
    head[length] = '\0';
    const char *part = name[length] == '.' ? name + length + 1 : NULL;

    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(request, head);
    if (field == NULL)
        return fail(e, ":%s: %s has no field '%s'", name, request->short_name, head);
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (part == NULL && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (repeated)
            return fail(e, ":%s is a repeated message: name its parts (:%s.field)", name, name);
        p->shape = PARAM_COMPOSITE;
        p->outer = field;
        return join_composite(e, field->descriptor, composites, p);
    }
    if (part == NULL) {
        p->shape = repeated ? PARAM_ARRAY : PARAM_SCALAR;
        p->field = field;
        return join_scalar(e, name, repeated, p);
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return fail(e, ":%s: '%s' is not a message", name, head);
    p->shape = repeated ? PARAM_COLUMN : PARAM_PART;
    p->outer = field;
    p->field = protobuf_c_message_descriptor_get_field_by_name(field->descriptor, part);
    if (p->field == NULL || p->field->label == PROTOBUF_C_LABEL_REPEATED)
        return fail(e, ":%s: no singular field '%s' there", name, part);
    return join_scalar(e, name, repeated, p);
}

bool plan_params(const struct call *call, size_t statement, const struct composites *composites,
                 const ProtobufCMessageDescriptor *caller, struct statement_plan *ret_plan, char *ret_error,
                 size_t error_size) {
    struct errors e = {call, ret_error, error_size};
    const struct statement *s = &call->statements[statement];
    *ret_plan = (struct statement_plan){.sql = s->sql, .n_params = s->n_params};
    snprintf(ret_plan->name, sizeof ret_plan->name, "%s_%zu", call->method->file, statement);
    ret_plan->params = allocate(s->n_params, sizeof *ret_plan->params);
    for (size_t i = 0; i < s->n_params; i++)
        if (!join_param(&e, s->params[i], composites, caller, &ret_plan->params[i]))
            return false;
    return true;
}

static const ProtobufCFieldDescriptor *only_list(const ProtobufCMessageDescriptor *reply) {
    const ProtobufCFieldDescriptor *found = NULL;
    for (unsigned i = 0; i < reply->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &reply->fields[i];
        if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label != PROTOBUF_C_LABEL_REPEATED)
            continue;
        if (found != NULL)
            return NULL;
        found = f;
    }
    return found;
}

static bool all_in(const ProtobufCMessageDescriptor *message, const struct described_column *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(message, columns[i].name);
        if (f == NULL || f->type == PROTOBUF_C_TYPE_MESSAGE)
            return false;
    }
    return true;
}

static unsigned wire_type(enum field_kind kind) {
    switch (kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
    case FIELD_TEXT:
    case FIELD_DATE:
        return 2;
    case FIELD_DOUBLE:
        return 1;
    default:
        return 0;
    }
}

static struct field_tag make_tag(const ProtobufCFieldDescriptor *field, unsigned type) {
    struct field_tag tag = {.size = 0};
    uint32_t rest = field->id << 3 | type;
    for (; rest >= 0x80; rest >>= 7)
        tag.bytes[tag.size++] = (uint8_t)(rest | 0x80);
    tag.bytes[tag.size++] = (uint8_t)rest;
    return tag;
}

static void choose_target(const struct call *call, size_t statement, const struct described_column *columns,
                          size_t n_columns, struct statement_plan *plan) {
    const ProtobufCMessageDescriptor *reply = call->method->reply;
    const char *fills = call->statements[statement].fills;
    plan->target = ROW_REPLY;
    plan->into = fills == NULL ? NULL : protobuf_c_message_descriptor_get_field_by_name(reply, fills);
    if (fills == NULL && !all_in(reply, columns, n_columns))
        plan->into = only_list(reply);
    if (plan->into == NULL || plan->into->type != PROTOBUF_C_TYPE_MESSAGE)
        return;
    plan->into_tag = make_tag(plan->into, 2);
    plan->target = plan->into->label == PROTOBUF_C_LABEL_REPEATED ? ROW_LIST : ROW_MESSAGE;
}

static bool join_column(const struct errors *e, const struct described_column *column,
                        const ProtobufCMessageDescriptor *inner, struct column_plan *c) {
    const ProtobufCMessageDescriptor *reply = e->call->method->reply;
    char wanted[32], found[32];
    *c = (struct column_plan){0};
    c->field = protobuf_c_message_descriptor_get_field_by_name(inner, column->name);
    if (c->field == NULL && inner != reply) {
        c->field = protobuf_c_message_descriptor_get_field_by_name(reply, column->name);
        c->of_reply = true;
    }
    if (c->field == NULL)
        return fail(e, "column '%s': %s has no such field", column->name, inner->short_name);
    c->kind = field_kind(c->field);
    c->tag = make_tag(c->field, wire_type(c->kind));
    c->array = c->field->label == PROTOBUF_C_LABEL_REPEATED;
    uint32_t type = plan_type(c->kind);
    uint32_t expected = c->array && type != 0 ? plan_array_type(type) : type;
    if (expected == 0 || expected != column->type)
        return fail(e, "column '%s' is %s, the field needs %s", column->name, type_text(column->type, found),
                    expected == 0 ? "no column" : type_text(expected, wanted));
    return true;
}

bool plan_columns(const struct call *call, size_t statement, const struct described_column *columns, size_t n_columns,
                  struct statement_plan *plan, char *ret_error, size_t error_size) {
    struct errors e = {call, ret_error, error_size};
    if (n_columns > LIMIT_COLUMNS)
        return fail(&e, "more than %d columns", LIMIT_COLUMNS);
    choose_target(call, statement, columns, n_columns, plan);
    if (call->effect == CALL_LEDGER && plan->target != ROW_REPLY)
        return fail(&e, "a write gives one row of %s", call->method->reply->short_name);
    const ProtobufCMessageDescriptor *inner = plan->target == ROW_REPLY ? call->method->reply : plan->into->descriptor;
    plan->n_columns = n_columns;
    plan->columns = allocate(n_columns, sizeof *plan->columns);
    for (size_t i = 0; i < n_columns; i++) {
        if (!join_column(&e, &columns[i], inner, &plan->columns[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(columns[k].name, columns[i].name) == 0)
                return fail(&e, "column '%s' comes twice", columns[i].name);
    }
    return true;
}

/* `marks.of`: any parameter of the one's statement that is an array of the same repeated field. */
static bool find_of(const struct statement *one, const char *name, const struct statement_plan *plan,
                    struct together_param *ret) {
    const char *dot = strchr(name, '.');
    if (dot == NULL || strcmp(dot, ".of") != 0)
        return false;
    size_t length = (size_t)(dot - name);
    for (size_t i = 0; i < one->n_params; i++) {
        bool same = strncmp(one->params[i], name, length) == 0 &&
                    (one->params[i][length] == '.' || one->params[i][length] == '\0');
        if (same && (plan->params[i].shape == PARAM_COLUMN || plan->params[i].shape == PARAM_ARRAY)) {
            *ret = (struct together_param){
                .how = TOGETHER_OF, .param = i, .element = PG_INT4, .type = plan_array_type(PG_INT4)};
            return true;
        }
    }
    return false;
}

static bool join_together(const struct errors *e, const char *name, const struct statement_plan *plan,
                          struct together_param *ret) {
    const struct statement *one = &e->call->statements[0];
    for (size_t i = 0; i < one->n_params; i++) {
        const struct param_plan *p = &plan->params[i];
        if (strcmp(one->params[i], name) != 0)
            continue;
        bool all = p->shape == PARAM_COLUMN || p->shape == PARAM_ARRAY;
        uint32_t element = p->composite != NULL ? p->composite->oid : p->element;
        uint32_t type = p->composite != NULL ? p->composite->array_oid : plan_array_type(p->element);
        *ret = (struct together_param){
            .how = all ? TOGETHER_ALL : TOGETHER_EACH, .param = i, .element = element, .type = type};
        return true;
    }
    return find_of(one, name, plan, ret) || fail(e, "together: the statement above has no :%s", name);
}

bool plan_together(const struct call *call, struct statement_plan *plan, char *ret_error, size_t error_size) {
    struct errors e = {call, ret_error, error_size};
    const struct statement *s = &call->together;
    struct together_plan *t = allocate(1, sizeof *t);
    plan->together = t;
    t->rows.sql = s->sql;
    t->rows.n_params = s->n_params;
    snprintf(t->rows.name, sizeof t->rows.name, "%s_together", call->method->file);
    for (size_t i = 0; i < s->n_params; i++)
        if (!join_together(&e, s->params[i], plan, &t->params[i]))
            return false;
    return true;
}

bool plan_together_columns(const struct call *call, const struct described_column *columns, size_t n_columns,
                           struct together_plan *plan, char *ret_error, size_t error_size) {
    struct errors e = {call, ret_error, error_size};
    if (n_columns == 0 || strcmp(columns[0].name, "op_id") != 0 || columns[0].type != PG_UUID)
        return fail(&e, "together: the first column is op_id, a uuid");
    return plan_columns(call, 0, columns + 1, n_columns - 1, &plan->rows, ret_error, error_size);
}

void plan_deinit(struct statement_plan *plan) {
    for (size_t i = 0; i < plan->n_params && plan->params != NULL; i++)
        free(plan->params[i].attributes);
    free(plan->params);
    free(plan->columns);
    if (plan->together != NULL)
        free(plan->together->rows.columns);
    free(plan->together);
    *plan = (struct statement_plan){0};
}
