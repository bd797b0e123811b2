#include "merkle.h"
#include "profile.h"

#include <criterion/criterion.h>
#include <string.h>

/* The inputs and roots that the reference code of Certificate Transparency is tested with. */
static const struct {
    const char *bytes;
    size_t size;
    const char *root; /* of this leaf and those before it */
} vectors[] = {
    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static void expect_root(const struct lvzhi_merkle *tree, const char *expected) {
    uint8_t root[LVZHI_HASH_SIZE];
    char text[2 * LVZHI_HASH_SIZE + 1];
    lvzhi_merkle_root(tree, root);
    lvzhi_hex_format(root, sizeof root, text);
    cr_assert_str_eq(text, expected, "%d leaves", (int)tree->count);
}

Test(merkle, known_trees) {
    struct lvzhi_merkle tree = {0};
    expect_root(&tree, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t leaf[LVZHI_HASH_SIZE];
        lvzhi_merkle_leaf(vectors[i].bytes, vectors[i].size, leaf);
        lvzhi_merkle_add(&tree, leaf);
        expect_root(&tree, vectors[i].root);
    }
}

/* As the RFC defines it: split at the largest power of two below the count. */
static void defined(const uint8_t (*leaves)[LVZHI_HASH_SIZE], size_t count, uint8_t ret[LVZHI_HASH_SIZE]) {
    uint8_t pair[1 + 2 * LVZHI_HASH_SIZE] = {1};
    size_t split = 1;
    if (count == 1) {
        memcpy(ret, leaves[0], LVZHI_HASH_SIZE);
        return;
    }
    while (2 * split < count)
        split *= 2;
    defined(leaves, split, pair + 1);
    defined(leaves + split, count - split, pair + 1 + LVZHI_HASH_SIZE);
    lvzhi_hash(pair, sizeof pair, ret);
}

Test(merkle, every_size) {
    enum { COUNT = 300 };
    static uint8_t leaves[COUNT][LVZHI_HASH_SIZE];
    struct lvzhi_merkle tree = {0};
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t root[LVZHI_HASH_SIZE], expected[LVZHI_HASH_SIZE];
        lvzhi_merkle_leaf(&i, sizeof i, leaves[i]);
        lvzhi_merkle_add(&tree, leaves[i]);
        lvzhi_merkle_root(&tree, root);
        defined((const uint8_t(*)[LVZHI_HASH_SIZE])leaves, i + 1, expected);
        cr_assert_arr_eq(root, expected, LVZHI_HASH_SIZE, "%zu leaves", i + 1);
    }
}
