/* Regions: alignment, zeroes, marks, deferred calls, poisoned leftovers. */
#include "core/arena.h"

#include "dies.h"
#include "tap.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISONED(p) (__asan_address_is_poisoned(p) != 0)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISONED(p) (__asan_address_is_poisoned(p) != 0)
#endif
#endif

static char order[16];

static void note(void *p)
{
    strncat(order, p, 1);
}

static void overflow(void)
{
    struct arena *a = arena_create("overflow");
    arena_calloc(a, (size_t)-1 / 2, 3);
}

static void too_much(void)
{
    struct arena *a = arena_create("too much");
    arena_alloc(a, (size_t)1 << 62);
}

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void test_memory(struct arena *a)
{
    bool aligned = true, zeroed = true;
    for (size_t size = 0; size < 40000; size = size * 2 + 7) {
        unsigned char *p = arena_alloc(a, size);
        aligned &= (uintptr_t)p % 16 == 0;
        zeroed &= is_zero(p, size);
        memset(p, 0xff, size);
    }
    ok(aligned, "16-byte alignment at every size");
    ok(zeroed, "fresh memory is zeroed");
    arena_reset(a);
    is_int((int64_t)arena_used(a), 0, "nothing is used after a reset");
    unsigned char *again = arena_alloc(a, 8000);
    ok(is_zero(again, 8000), "memory given out again is zeroed");
    ok(arena_used(a) >= 8000, "use is counted");
    arena_reset(a);
}

static void test_text(struct arena *a)
{
    is_str(arena_strdup(a, "ترازو"), "ترازو", "strdup");
    is_str(arena_strdup(a, NULL), NULL, "strdup of NULL");
    is_str(arena_strndup(a, "abcdef", 3), "abc", "strndup");
    is_str(arena_strndup(a, NULL, 0), "", "strndup of nothing");
    is_str(arena_printf(a, "%d-%s", 7, "x"), "7-x", "printf");
    const char *longer = arena_printf(a, "%300d|%5000d", 1, 2);
    is_int((int64_t)strlen(longer), 5301, "printf beyond its first guess");
    arena_reset(a);
}

static void test_marks(struct arena *a)
{
    char *kept = arena_strdup(a, "kept");
    arena_defer(a, note, "1");
    char *big = arena_alloc(a, 100000);
    memset(big, 'b', 100000);
    struct arena_mark mark = arena_mark(a);
    size_t before = arena_used(a);
    for (int round = 0; round < 3; round++) {
        arena_defer(a, note, "2");
        for (int i = 0; i < 100; i++)
            memset(arena_alloc(a, 3000), 'x', 3000);
        memset(arena_alloc(a, 200000), 'y', 200000);
        arena_defer(a, note, "3");
        arena_rewind(a, mark);
        is_int((int64_t)arena_used(a), (int64_t)before, "a rewind gives all back");
    }
    for (int i = 0; i < 2; i++) {
        arena_alloc(a, 60000);
        arena_rewind(a, mark);
    }
    is_int((int64_t)arena_used(a), (int64_t)before, "also when a big block came first");
    is_str(order, "323232", "a rewind runs its deferred calls, last first");
    is_str(kept, "kept", "older memory stays");
    ok(big[0] == 'b' && big[99999] == 'b', "older big blocks stay");
    arena_reset(a);
    is_str(order, "3232321", "a reset runs the rest");
}

static struct arena *shared;

static void look(void *p)
{
    const char *const *place = p;
    strncat(order, *place, 1);
}

/* A deferred call may read memory that was taken after its registration. */
static void test_defer_sees_memory(void)
{
    order[0] = '\0';
    shared = arena_create("shared");
    char **place = arena_new(shared, char *);
    arena_defer(shared, look, place);
    *place = arena_alloc(shared, 50000);
    (*place)[0] = 'z';
    arena_destroy(shared);
    is_str(order, "z", "memory outlives the deferred calls");
}

int main(void)
{
    struct arena *a = arena_create("test");
    test_memory(a);
    test_text(a);
    test_marks(a);
    test_defer_sees_memory();
    ok(dies(overflow), "n * size overflowing aborts");
#ifdef POISONED
    char *p = arena_alloc(a, 24);
    ok(!POISONED(p + 23) && POISONED(p + 24), "what lies behind an allocation is poisoned");
    arena_reset(a);
    ok(POISONED(p), "memory is poisoned after a reset");
#else
    ok(dies(too_much), "running out of memory aborts");
#endif
    (void)too_much; /* the sanitizer's allocator has its own opinion of such sizes */
    arena_destroy(a);
    return done();
}
