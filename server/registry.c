#include "registry.h"

#include "file.h"
#include "ledger.h"
#include "rows.h"
#include "statements.h"

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opening {
    struct registry *registry;
    const struct config *config;
    PGconn *conn;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct opening *o, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(o->error, o->error_size, format, args);
    va_end(args);
    return false;
}

static void *allocate(size_t count, size_t size) {
    void *made = calloc(count == 0 ? 1 : count, size);
    if (made == NULL)
        abort();
    return made;
}

static bool load_composites(struct opening *o) {
    static const char sql[] =
        "select t.typname, t.oid::int8, a.attname, a.atttypid::int8, t.typarray::int8 from pg_type t"
        " join pg_class c on c.oid = t.typrelid and c.relkind = 'c'"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where t.typnamespace = 'data'::regnamespace order by t.oid, a.attnum";
    PGresult *r = PQexec(o->conn, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        PQclear(r);
        return fail(o, "cannot read the composite types: %s", PQerrorMessage(o->conn));
    }
    struct composites *all = &o->registry->composites;
    all->types = allocate((size_t)PQntuples(r), sizeof *all->types);
    struct composite *current = NULL;
    for (int row = 0; row < PQntuples(r); row++) {
        uint32_t oid = (uint32_t)strtoul(PQgetvalue(r, row, 1), NULL, 10);
        if (current == NULL || current->oid != oid) {
            current = &all->types[all->count++];
            current->oid = oid;
            current->array_oid = (uint32_t)strtoul(PQgetvalue(r, row, 4), NULL, 10);
            snprintf(current->name, sizeof current->name, "%s", PQgetvalue(r, row, 0));
        }
        if (current->n_attributes == LIMIT_COLUMNS)
            continue;
        snprintf(current->attributes[current->n_attributes].name, sizeof current->attributes[0].name, "%s",
                 PQgetvalue(r, row, 2));
        current->attributes[current->n_attributes++].type = (uint32_t)strtoul(PQgetvalue(r, row, 3), NULL, 10);
    }
    PQclear(r);
    return true;
}

static bool load_installation(struct opening *o) {
    PGresult *r = PQexecParams(o->conn,
                               "select installation_id, (select max(version) from data.migration),"
                               " (select checksum from data.migration where version = 0) from data.installation",
                               0, NULL, NULL, NULL, NULL, 1);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && PQgetlength(r, 0, 0) == 16 &&
              PQgetlength(r, 0, 1) == 4 && PQgetlength(r, 0, 2) == 32;
    if (ok) {
        memcpy(o->registry->installation_id, PQgetvalue(r, 0, 0), 16);
        memcpy(o->registry->rules_checksum, PQgetvalue(r, 0, 2), 32);
        o->registry->schema_version = cell_int32((const uint8_t *)PQgetvalue(r, 0, 1));
    }
    PQclear(r);
    return ok ||
           fail(o, "the database is not lvzhi's, or not migrated (lvzhid --migrate): %s", PQerrorMessage(o->conn));
}

static void add_statement(struct registry *r, const char *name, const char *sql, const uint32_t *types, size_t count) {
    r->statements = realloc(r->statements, (r->n_statements + 1) * sizeof *r->statements);
    uint32_t *kept = allocate(count, sizeof *kept);
    if (r->statements == NULL)
        abort();
    if (count > 0)
        memcpy(kept, types, count * sizeof *kept);
    r->statements[r->n_statements++] =
        (struct pg_statement){.name = name, .sql = sql, .types = kept, .n_params = count};
}

/* PostgreSQL judges the statement: it prepares it with the declared types and tells its columns. */
static PGresult *describe(struct opening *o, const char *what, const char *name, const char *sql, const uint32_t *types,
                          size_t count) {
    PGresult *prepared = PQprepare(o->conn, name, sql, (int)count, types);
    bool ok = PQresultStatus(prepared) == PGRES_COMMAND_OK;
    if (!ok)
        (void)fail(o, "%s: %s", what, PQresultErrorMessage(prepared));
    PQclear(prepared);
    if (!ok)
        return NULL;
    PGresult *described = PQdescribePrepared(o->conn, name);
    if (PQresultStatus(described) == PGRES_COMMAND_OK)
        return described;
    (void)fail(o, "%s: %s", what, PQresultErrorMessage(described));
    PQclear(described);
    return NULL;
}

/* What PostgreSQL says of a planned statement; the columns' names are the result's. NULL: it refuses it. */
static PGresult *describe_plan(struct opening *o, const struct call *call, const struct statement_plan *plan,
                               const uint32_t *types, struct described_column ret_columns[LIMIT_COLUMNS + 1],
                               size_t *ret_count) {
    char what[160];
    snprintf(what, sizeof what, "sql/calls/%s.sql", call->method->file);
    PGresult *described = describe(o, what, plan->name, plan->sql, types, plan->n_params);
    if (described == NULL)
        return NULL;
    size_t count = 0;
    for (; count < (size_t)PQnfields(described) && count <= LIMIT_COLUMNS; count++)
        ret_columns[count] = (struct described_column){PQfname(described, (int)count), PQftype(described, (int)count)};
    *ret_count = count;
    return described;
}

static bool plan_statement(struct opening *o, const struct call *call, size_t index, struct statement_plan *plan) {
    struct registry *r = o->registry;
    uint32_t types[LIMIT_PARAMS];
    struct described_column columns[LIMIT_COLUMNS + 1];
    size_t count;
    if (!plan_params(call, index, &r->composites, r->caller_message, plan, o->error, o->error_size))
        return false;
    for (size_t i = 0; i < plan->n_params; i++)
        types[i] = plan->params[i].type;
    PGresult *described = describe_plan(o, call, plan, types, columns, &count);
    bool ok = described != NULL && plan_columns(call, index, columns, count, plan, o->error, o->error_size);
    PQclear(described);
    if (ok)
        add_statement(r, plan->name, plan->sql, types, plan->n_params);
    return ok;
}

static bool plan_for_many(struct opening *o, const struct call *call, struct statement_plan *one) {
    uint32_t types[LIMIT_PARAMS];
    struct described_column columns[LIMIT_COLUMNS + 1];
    size_t count;
    if (!plan_together(call, one, o->error, o->error_size))
        return false;
    struct together_plan *plan = one->together;
    for (size_t i = 0; i < plan->rows.n_params; i++)
        types[i] = plan->params[i].type;
    PGresult *described = describe_plan(o, call, &plan->rows, types, columns, &count);
    bool ok = described != NULL && plan_together_columns(call, columns, count, plan, o->error, o->error_size);
    PQclear(described);
    if (ok)
        add_statement(o->registry, plan->rows.name, plan->rows.sql, types, plan->rows.n_params);
    return ok;
}

static bool find_op(struct opening *o, struct endpoint *e) {
    const struct method *method = e->call->method;
    if (e->call->effect != CALL_LEDGER)
        return true;
    const ProtobufCFieldDescriptor *op = protobuf_c_message_descriptor_get_field_by_name(method->request, "op");
    if (op->type != PROTOBUF_C_TYPE_MESSAGE || op->label == PROTOBUF_C_LABEL_REPEATED ||
        op->descriptor != (const void *)catalogue_message(o->registry->catalogue, "lvzhi.v1.Op"))
        return fail(o, "sql/calls/%s.sql: %s.op is not an lvzhi.v1.Op", method->file, method->request->short_name);
    const ProtobufCMessageDescriptor *d = op->descriptor;
    e->op = (struct op_fields){
        .op = op,
        .op_id = protobuf_c_message_descriptor_get_field_by_name(d, "op_id"),
        .device_seq = protobuf_c_message_descriptor_get_field_by_name(d, "device_seq"),
        .authored_us = protobuf_c_message_descriptor_get_field_by_name(d, "authored_us"),
        .device_id = protobuf_c_message_descriptor_get_field_by_name(d, "device_id"),
        .author_id = protobuf_c_message_descriptor_get_field_by_name(d, "author_id"),
    };
    if (e->op.op_id == NULL || e->op.device_seq == NULL || e->op.authored_us == NULL || e->op.device_id == NULL ||
        e->op.author_id == NULL)
        return fail(o, "lvzhi.v1.Op lacks a field");
    return true;
}

static bool load_call(struct opening *o, const struct method *method) {
    struct registry *r = o->registry;
    struct endpoint *e = &r->endpoints[r->n_endpoints];
    char path[4096];
    snprintf(path, sizeof path, "%s/calls/%s.sql", o->config->sql, method->file);
    char *text = file_read(path);
    if (text == NULL)
        return fail(o, "%s: rpc %s has no such file", path, method->name);
    e->call = call_parse(method, &r->words, text, o->error, o->error_size);
    free(text);
    if (e->call == NULL)
        return false;
    r->n_endpoints++;
    e->plans = allocate(e->call->n_statements, sizeof *e->plans);
    if (e->call->hash != NULL)
        e->hash = protobuf_c_message_descriptor_get_field_by_name(method->request, e->call->hash);
    if (e->call->record != NULL)
        e->record = protobuf_c_message_descriptor_get_field_by_name(method->request, e->call->record);
    for (size_t i = 0; i < e->call->n_statements; i++)
        if (!plan_statement(o, e->call, i, &e->plans[i]))
            return false;
    if (e->call->has_together && !plan_for_many(o, e->call, &e->plans[0]))
        return false;
    return find_op(o, e);
}

static bool load_own(struct opening *o, const char *name, const char *sql, const uint32_t *types, size_t count) {
    PGresult *described = describe(o, name, name, sql, types, count);
    if (described == NULL)
        return false;
    PQclear(described);
    add_statement(o->registry, name, sql, types, count);
    return true;
}

static bool load_own_statements(struct opening *o) {
    bool ok = true;
    for (size_t i = 0; i < LEDGER_STEPS && ok; i++) {
        const struct ledger_statement *s = &ledger_statements[i];
        ok = load_own(o, s->name, s->sql, s->types, s->n_params);
    }
    for (size_t i = 0; i < SESSION_STATEMENTS && ok; i++) {
        const struct session_statement *s = &session_statements[i];
        ok = load_own(o, s->plan.name, s->plan.sql, s->types, s->n_params);
    }
    return ok;
}

static bool plan_caller(struct opening *o) {
    struct registry *r = o->registry;
    /* A call that uses only :caller, so that the one binding rule serves the session too. */
    static const struct method none = {.file = "-"};
    struct call call = {.method = &none};
    call.statements[0].params[0] = (char *)(uintptr_t) "caller";
    call.statements[0].n_params = 1;
    struct statement_plan plan = {0};
    bool ok = plan_params(&call, 0, &r->composites, r->caller_message, &plan, o->error, o->error_size);
    if (ok) {
        r->caller_plan = plan.params[0];
        plan.params[0].attributes = NULL;
    }
    plan_deinit(&plan);
    return ok;
}

/* The enum of a field that every descriptor set has. */
static const ProtobufCEnumDescriptor *enum_of(const struct opening *o, const char *message, const char *field) {
    const ProtobufCMessageDescriptor *m = catalogue_message(o->registry->catalogue, message);
    const ProtobufCFieldDescriptor *f = m == NULL ? NULL : protobuf_c_message_descriptor_get_field_by_name(m, field);
    return f == NULL || f->type != PROTOBUF_C_TYPE_ENUM ? NULL : f->descriptor;
}

static bool load_all(struct opening *o) {
    struct registry *r = o->registry;
    r->caller_message = catalogue_message(r->catalogue, "lvzhi.v1.Caller");
    r->words.roles = enum_of(o, "lvzhi.v1.Caller", "role");
    r->words.topics = enum_of(o, "lvzhi.v1.SubscribeRequest", "topics");
    if (r->words.roles == NULL || r->words.topics == NULL)
        return fail(o, "%s: no lvzhi.v1.Caller.role or SubscribeRequest.topics", o->config->descriptors);
    if (!load_installation(o) || !load_composites(o) || !plan_caller(o) || !load_own_statements(o))
        return false;
    size_t count = catalogue_methods(r->catalogue);
    r->endpoints = allocate(count, sizeof *r->endpoints);
    for (size_t i = 0; i < count; i++) {
        const struct method *method = catalogue_method_at(r->catalogue, i);
        if (method->number >= METHOD_CALLS_FROM && !load_call(o, method))
            return false;
    }
    return true;
}

bool registry_open(struct registry *ret_registry, const struct config *config, char *ret_error, size_t error_size) {
    struct opening o = {.registry = ret_registry, .config = config, .error = ret_error, .error_size = error_size};
    *ret_registry = (struct registry){0};
    ret_registry->catalogue = catalogue_open_file(config->descriptors, ret_error, error_size);
    if (ret_registry->catalogue == NULL)
        return false;
    const char *const names[] = {"connect_timeout", "dbname", NULL}, *const values[] = {"5", config->postgres, NULL};
    o.conn = PQconnectdbParams(names, values, 1); /* (what the settings themselves say comes later, and wins) */
    PGresult *path = PQexec(o.conn, "set search_path = lv, data");
    bool ok =
        PQresultStatus(path) == PGRES_COMMAND_OK ? load_all(&o) : fail(&o, "PostgreSQL: %s", PQerrorMessage(o.conn));
    PQclear(path);
    PQfinish(o.conn);
    if (!ok)
        registry_close(ret_registry);
    return ok;
}

void registry_close(struct registry *r) {
    for (size_t i = 0; i < r->n_endpoints; i++) {
        for (size_t k = 0; r->endpoints[i].plans != NULL && k < r->endpoints[i].call->n_statements; k++)
            plan_deinit(&r->endpoints[i].plans[k]);
        free(r->endpoints[i].plans);
        call_free(r->endpoints[i].call);
    }
    for (size_t i = 0; i < r->n_statements; i++)
        free((void *)(uintptr_t)r->statements[i].types);
    free(r->statements);
    free(r->endpoints);
    free(r->caller_plan.attributes);
    free(r->composites.types);
    catalogue_free(r->catalogue);
    *r = (struct registry){0};
}

const struct endpoint *registry_find(const struct registry *r, uint16_t number) {
    size_t low = 0, high = r->n_endpoints;
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint16_t found = r->endpoints[middle].call->method->number;
        if (found == number)
            return &r->endpoints[middle];
        if (found < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
