/* One payment by hand: what the shop would send, and how it would read the answers. */
#include "shop/gateway_check.h"

#include <stdio.h>
#include <string.h>

#include "core/conf.h"
#include "core/money.h"
#include "core/op.h"
#include "core/str.h"
#include "shop/gateway.h"

#define CHECK_AMOUNT 1000 /* IRT */
#define CHECK_ORDER "tarazu-check"

struct check {
    const struct gateway *gateway;
    const char *ref; /* NULL: begin a new payment */
    int64_t amount;
};

static const char *state_name(enum gateway_state state)
{
    static const char *const names[] = {
        [GATEWAY_PAID] = "paid", [GATEWAY_PENDING] = "waiting for the payer", [GATEWAY_FAILED] = "failed",
        [GATEWAY_CANCELED] = "canceled", [GATEWAY_REVERSED] = "reversed", [GATEWAY_UNKNOWN] = "unknown",
    };
    return names[state];
}

static int usage(void)
{
    fprintf(stderr, "usage: tarazu gateway-check [--gateway NAME] [--amount TOMAN] [--ref REF]\n"
                    "Without --ref it asks the configured bank for a payment and prints the page to pay on;\n"
                    "with --ref it verifies that payment, twice.\n");
    return 2;
}

static bool read_arguments(struct op *op, int argc, char **argv, struct check *c)
{
    *c = (struct check){ .gateway = gateway_default(op), .amount = CHECK_AMOUNT };
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!value)
            return false;
        if (strcmp(argv[i], "--gateway") == 0)
            c->gateway = gateway_find(value);
        else if (strcmp(argv[i], "--ref") == 0)
            c->ref = value;
        else if (strcmp(argv[i], "--amount") != 0 || !str_int(str_of(value), &c->amount) || c->amount < 1 || c->amount > MONEY_MAX)
            return false;
    }
    return c->gateway != NULL;
}

static int begin(struct op *op, const struct check *c)
{
    struct gateway_started started = { .outcome = GATEWAY_UNCLEAR };
    struct gateway_start in = { .amount = c->amount, .order_ref = CHECK_ORDER, .callback_url = op->conf->shop_base_url,
                                .webhook_url = op->conf->shop_base_url, .description = "Tarazu gateway check" };
    c->gateway->start(op, &in, &started);
    if (started.outcome != GATEWAY_DONE) {
        printf("request: refused or unanswered (%s)\n", started.problem ? started.problem : "no reason given");
        return 1;
    }
    printf("request: accepted, reference %s\n", started.ref);
    printf("Pay, or cancel, on this page (it then leads to the shop's front page):\n  %s\n", c->gateway->redirect(op, started.ref));
    printf("Then: tarazu gateway-check --gateway %s --amount %lld --ref %s\n", c->gateway->name, (long long)c->amount, started.ref);
    return 0;
}

static bool verify(struct op *op, const struct check *c, enum gateway_state *state)
{
    struct gateway_question q = { .ref = c->ref, .amount_rial = c->amount * MONEY_RIAL_PER_TOMAN };
    struct gateway_report report = { .state = GATEWAY_UNKNOWN };
    c->gateway->verify(op, &q, &report);
    *state = report.state;
    printf("verify: %s", state_name(report.state));
    if (report.state == GATEWAY_PAID)
        printf(", %lld Rial, reference %s, card %s, order %s", (long long)report.amount_rial, report.reference ? report.reference : "-",
               report.card ? report.card : "-", report.order_ref ? report.order_ref : "-");
    printf("%s%s\n", report.problem ? ": " : "", report.problem ? report.problem : "");
    return report.state != GATEWAY_UNKNOWN && (report.state != GATEWAY_PAID || report.amount_rial == q.amount_rial);
}

int gateway_check_main(struct op *op, int argc, char **argv)
{
    struct check c;
    enum gateway_state first, second;
    if (!read_arguments(op, argc, argv, &c))
        return usage();
    if (!c.gateway->available(op)) {
        printf("%s is not configured\n", c.gateway->name);
        return 1;
    }
    if (!c.ref)
        return begin(op, &c);
    bool good = verify(op, &c, &first);
    good = verify(op, &c, &second) && good;
    if (good && first == second)
        return 0;
    printf("the bank's answers do not fit: the payment would stay unresolved\n");
    return 1;
}
