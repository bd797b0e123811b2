#include "merkle.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* SHA-256(prefix ‖ a ‖ b). */
static void digest(uint8_t prefix, const void *a, size_t a_size, const void *b, size_t b_size,
                   uint8_t ret[LVZHI_HASH_SIZE]) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(context, &prefix, 1) != 1 || EVP_DigestUpdate(context, a, a_size) != 1 ||
        EVP_DigestUpdate(context, b, b_size) != 1 || EVP_DigestFinal_ex(context, ret, NULL) != 1)
        abort();
    EVP_MD_CTX_free(context);
}

static void join(const uint8_t left[LVZHI_HASH_SIZE], const uint8_t right[LVZHI_HASH_SIZE],
                 uint8_t ret[LVZHI_HASH_SIZE]) {
    digest(1, left, LVZHI_HASH_SIZE, right, LVZHI_HASH_SIZE, ret);
}

void lvzhi_hash(const void *data, size_t size, uint8_t ret_hash[LVZHI_HASH_SIZE]) {
    if (EVP_Digest(size > 0 ? data : "", size, ret_hash, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

void lvzhi_merkle_leaf(const void *data, size_t size, uint8_t ret_leaf[LVZHI_HASH_SIZE]) {
    digest(0, data, size, "", 0, ret_leaf);
}

void lvzhi_merkle_add(struct lvzhi_merkle *tree, const uint8_t leaf[LVZHI_HASH_SIZE]) {
    size_t top = (size_t)__builtin_popcountll(tree->count);
    memcpy(tree->nodes[top], leaf, LVZHI_HASH_SIZE);
    for (uint64_t bits = tree->count; (bits & 1) != 0; bits >>= 1, top--)
        join(tree->nodes[top - 1], tree->nodes[top], tree->nodes[top - 1]);
    tree->count++;
}

void lvzhi_merkle_root(const struct lvzhi_merkle *tree, uint8_t ret_root[LVZHI_HASH_SIZE]) {
    size_t top = (size_t)__builtin_popcountll(tree->count);
    if (top == 0) {
        lvzhi_hash("", 0, ret_root);
        return;
    }
    memcpy(ret_root, tree->nodes[--top], LVZHI_HASH_SIZE);
    while (top > 0)
        join(tree->nodes[--top], ret_root, ret_root);
}
