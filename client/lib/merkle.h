/* merkle.h - the Merkle tree hash of RFC 9162 section 2.1 (SHA-256), leaf by leaf. */
#ifndef LVZHI_MERKLE_H
#define LVZHI_MERKLE_H

#include <stddef.h>
#include <stdint.h>

enum { LVZHI_HASH_SIZE = 32, LVZHI_MERKLE_DEPTH = 64 };

/* A tree under way; all zero: no leaves yet. */
struct lvzhi_merkle {
    uint64_t count;                                     /* of leaves */
    uint8_t nodes[LVZHI_MERKLE_DEPTH][LVZHI_HASH_SIZE]; /* the whole subtree of each bit of `count`, largest first */
};

/* SHA-256. */
void lvzhi_hash(const void *data, size_t size, uint8_t ret_hash[LVZHI_HASH_SIZE]);

/* The hash of a leaf: SHA-256(0x00 ‖ data). */
void lvzhi_merkle_leaf(const void *data, size_t size, uint8_t ret_leaf[LVZHI_HASH_SIZE]);

void lvzhi_merkle_add(struct lvzhi_merkle *tree, const uint8_t leaf[LVZHI_HASH_SIZE]);

/* The root; of no leaves, the hash of nothing. The tree may go on growing. */
void lvzhi_merkle_root(const struct lvzhi_merkle *tree, uint8_t ret_root[LVZHI_HASH_SIZE]);

#endif
