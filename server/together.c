#include "together.h"

#include "params.h"
#include "rows.h"

#include <assert.h>

/* Of an array in PostgreSQL's binary format: dimensions, whether there are nulls, the elements' type; then, of the one
 * dimension, length and lower bound. */
enum { ARRAY_HEAD = 20, AT_NULLS = 7, AT_LENGTH = 12 };

/* A work's own array. */
struct elements {
    const uint8_t *bytes;
    size_t size;
    int32_t count;
    bool has_null;
};

static struct elements elements_of(const struct work *w, size_t param) {
    const uint8_t *array = (const uint8_t *)w->params[0].values[param];
    size_t size = (size_t)w->params[0].lengths[param];
    if (array == NULL || size < ARRAY_HEAD)
        return (struct elements){0};
    return (struct elements){
        .bytes = array + ARRAY_HEAD,
        .size = size - ARRAY_HEAD,
        .count = cell_int32(array + AT_LENGTH),
        .has_null = array[AT_NULLS] != 0,
    };
}

static void put_each(struct work *const *works, size_t count, size_t param, struct buffer *out) {
    for (size_t i = 0; i < count; i++) {
        const struct params *own = &works[i]->params[0];
        bool has = own->values[param] != NULL;
        params_put_int32(out, has ? own->lengths[param] : -1);
        buffer_append(out, own->values[param], has ? (size_t)own->lengths[param] : 0);
    }
}

static void put_all(struct work *const *works, size_t count, const struct together_param *p, struct buffer *out) {
    for (size_t i = 0; i < count; i++) {
        struct elements own = elements_of(works[i], p->param);
        if (p->how == TOGETHER_ALL)
            buffer_append(out, own.bytes, own.size);
        for (int32_t k = 0; p->how == TOGETHER_OF && k < own.count; k++) {
            params_put_int32(out, sizeof(int32_t));
            params_put_int32(out, (int32_t)i + 1);
        }
    }
}

static void put_param(struct work *const *works, size_t count, const struct together_param *p, struct buffer *out) {
    int32_t elements = (int32_t)count;
    bool has_null = false;
    if (p->how != TOGETHER_EACH)
        elements = 0;
    for (size_t i = 0; i < count; i++) {
        struct elements own = p->how == TOGETHER_EACH ? (struct elements){0} : elements_of(works[i], p->param);
        elements += own.count;
        has_null =
            has_null || own.has_null || (p->how == TOGETHER_EACH && works[i]->params[0].values[p->param] == NULL);
    }
    params_put_array_head(out, p->element, (size_t)elements, has_null && p->how != TOGETHER_OF);
    if (p->how == TOGETHER_EACH)
        put_each(works, count, p->param, out);
    else
        put_all(works, count, p, out);
}

void together_bind(struct work *const *works, size_t count, struct buffer *scratch, struct together_params *ret) {
    const struct together_plan *plan = works[0]->statements[0].together;
    size_t starts[LIMIT_PARAMS + 1];
    assert(count > 0 && plan != NULL);
    scratch->start = scratch->end = 0;
    ret->count = plan->rows.n_params;
    for (size_t i = 0; i < ret->count; i++) {
        starts[i] = buffer_size(scratch);
        put_param(works, count, &plan->params[i], scratch);
    }
    starts[ret->count] = buffer_size(scratch);
    for (size_t i = 0; i < ret->count; i++) {
        ret->values[i] = (const char *)buffer_data(scratch) + starts[i];
        ret->lengths[i] = (int)(starts[i + 1] - starts[i]);
    }
}
