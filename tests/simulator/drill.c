#include "drill.h"

#include "tests/unit/op_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
    ("-- by: clerk\n-- effect: ledger\nselect :op, :thing, :nature, :amounts\n"
     "-- together:\nselect :op, :thing, :nature, :amounts.of, :amounts\n"),
    "-- by: clerk\n-- effect: ledger\nselect :op, :thing, :nature, :amounts\n",
    "-- by: clerk\n-- effect: ledger alone\nselect :op, :thing, :nature, :amounts\n",
    "-- by: clerk\n-- effect: none\nselect :thing\n",
};
enum { METHODS = sizeof texts / sizeof *texts };

static struct composite op_type = OP_TYPE;

static char error[512];

static void must(bool ok) {
    if (ok)
        return;
    fprintf(stderr, "drill.proto: %s\n", error);
    exit(EXIT_FAILURE);
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *message, const char *name) {
    return protobuf_c_message_descriptor_get_field_by_name(message, name);
}

static void plan_endpoint(const struct registry *r, struct endpoint *e) {
    static const struct described_column done[] = {{"place", PG_INT4}, {"sum", PG_INT4}};
    static const struct described_column looked[] = {{"count", PG_INT4}};
    static const struct described_column together[] = {{"op_id", PG_UUID}, {"place", PG_INT4}, {"sum", PG_INT4}};
    bool reads = e->call->effect == CALL_READ;
    e->plans = calloc(1, sizeof *e->plans);
    must(plan_params(e->call, 0, &r->composites, r->caller_message, e->plans, error, sizeof error));
    must(plan_columns(e->call, 0, reads ? looked : done, reads ? 1 : 2, e->plans, error, sizeof error));
    if (e->call->has_together) {
        must(plan_together(e->call, e->plans, error, sizeof error));
        must(plan_together_columns(e->call, together, 3, e->plans->together, error, sizeof error));
    }
    if (reads)
        return;
    const ProtobufCFieldDescriptor *op = field_of(e->call->method->request, "op");
    const ProtobufCMessageDescriptor *d = op->descriptor;
    e->op = (struct op_fields){op,
                               field_of(d, "op_id"),
                               field_of(d, "device_seq"),
                               field_of(d, "authored_us"),
                               field_of(d, "device_id"),
                               field_of(d, "author_id")};
}

struct registry *drill_registry(const char *descriptors) {
    static struct registry r;
    static struct endpoint endpoints[METHODS];
    r.catalogue = catalogue_open_file(descriptors, error, sizeof error);
    must(r.catalogue != NULL);
    r.composites = (struct composites){&op_type, 1};
    r.caller_message = catalogue_message(r.catalogue, "lvzhi.v1.Caller");
    r.words.roles = field_of(r.caller_message, "role")->descriptor;
    r.words.topics = field_of(catalogue_message(r.catalogue, "lvzhi.v1.SubscribeRequest"), "topics")->descriptor;
    r.endpoints = endpoints;
    for (; r.n_endpoints < METHODS; r.n_endpoints++) {
        struct endpoint *e = &endpoints[r.n_endpoints];
        const struct method *method = catalogue_method(r.catalogue, (uint16_t)(MARK + r.n_endpoints));
        e->call = call_parse(method, &r.words, texts[r.n_endpoints], error, sizeof error);
        must(e->call != NULL);
        plan_endpoint(&r, e);
    }
    return &r;
}

const struct endpoint *registry_find(const struct registry *r, uint16_t number) {
    return number >= MARK && number <= LOOK ? &r->endpoints[number - MARK] : NULL;
}

static void put_varint(struct buffer *out, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[size] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        size++;
        value >>= 7;
    } while (value > 0);
    buffer_append(out, bytes, size);
}

static void put_number(struct buffer *out, unsigned field, int64_t value) {
    put_varint(out, field << 3);
    put_varint(out, (uint64_t)value);
}

static void put_bytes(struct buffer *out, unsigned field, const void *bytes, size_t size) {
    put_varint(out, field << 3 | 2);
    put_varint(out, size);
    buffer_append(out, bytes, size);
}

void drill_request(const struct operation *o, struct buffer *out) {
    struct buffer op = {0};
    put_bytes(&op, 1, o->op_id, ID_SIZE);
    put_number(&op, 2, (int64_t)o->seq);
    put_number(&op, 3, INT64_C(1760000000000000) + (int64_t)o->seq);
    put_bytes(&op, 4, o->device_id, ID_SIZE);
    put_bytes(&op, 5, o->author_id, ID_SIZE);
    put_bytes(out, 1, buffer_data(&op), buffer_size(&op));
    buffer_release(&op);
    put_number(out, 2, o->thing);
    put_number(out, 3, o->nature);
    for (int i = 0; i < o->n_amounts; i++)
        put_number(out, 4, o->amounts[i]);
}

void drill_look(int32_t thing, struct buffer *out) {
    put_number(out, 1, thing);
}

bool drill_reply(const uint8_t *bytes, size_t size, int32_t *ret_first, int32_t *ret_second) {
    int32_t numbers[3] = {0};
    for (size_t at = 0; at < size;) {
        unsigned field = bytes[at++] >> 3;
        uint64_t value = 0;
        unsigned shift = 0;
        do {
            if (at == size || shift > 63 || field < 1 || field > 2)
                return false;
            value |= (uint64_t)(bytes[at] & 0x7f) << shift;
            shift += 7;
        } while (bytes[at++] & 0x80);
        numbers[field] = (int32_t)value;
    }
    *ret_first = numbers[1];
    *ret_second = numbers[2];
    return true;
}

int32_t drill_neighbour(int32_t thing) {
    return (thing + TOWNS) % THINGS;
}

void drill_id(int number, uint8_t kind, uint8_t ret_id[ID_SIZE]) {
    uint32_t mixed = (uint32_t)number * 2654435761u ^ (uint32_t)kind << 24;
    for (int i = 0; i < ID_SIZE; i++, mixed = mixed * 1664525u + 1013904223u)
        ret_id[i] = (uint8_t)(mixed >> 24);
    ret_id[0] = (uint8_t)number;
    ret_id[1] = kind;
}

int drill_number(const uint8_t id[ID_SIZE], uint8_t kind) {
    uint8_t expected[ID_SIZE];
    drill_id(id[0], kind, expected);
    return memcmp(id, expected, ID_SIZE) == 0 ? id[0] : -1;
}
