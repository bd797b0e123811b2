/* Any bytes as the descriptor set: refused in words, or a language whose messages can be unpacked. */
#include "catalogue.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char error[256] = "";
    uint8_t *exact = exact_copy(bytes, size);
    struct catalogue *catalogue = catalogue_open(exact, size, error, sizeof error);
    free(exact);
    if (catalogue == NULL) {
        assert(error[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < catalogue_methods(catalogue); i++) {
        const struct method *method = catalogue_method_at(catalogue, i);
        assert(catalogue_method(catalogue, method->number) == method);
        assert(catalogue_method_named(catalogue, method->name) != NULL && method->file != NULL);
        ProtobufCMessage *message = protobuf_c_message_unpack(method->request, NULL, 0, (const uint8_t *)"");
        assert(message != NULL && protobuf_c_message_get_packed_size(message) == 0);
        protobuf_c_message_free_unpacked(message, NULL);
        for (unsigned k = 0; k < method->reply->n_fields; k++)
            (void)field_kind(&method->reply->fields[k]);
    }
    catalogue_free(catalogue);
    return 0;
}
