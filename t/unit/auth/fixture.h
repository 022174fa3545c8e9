/* A deployment with known secrets, for the tests of this folder. */
#ifndef T_UNIT_AUTH_FIXTURE_H
#define T_UNIT_AUTH_FIXTURE_H

#include "core/arena.h"
#include "core/conf.h"
#include "core/err.h"
#include "core/op.h"

static const struct conf fixture_conf = {
    .shop_base_url = "https://shop.example",
    .secret_key = "0123456789abcdef0123456789abcdef",
    .secret_previous_key = "",
};

__attribute__((unused)) static struct op fixture_op(const struct conf *conf)
{
    static struct errinfo err;
    struct op op = { .arena = arena_create("test"), .err = &err, .conf = conf, .client = "192.0.2.1",
                     .request_id = "r1" };
    err = (struct errinfo){ 0 };
    return op;
}

#endif
