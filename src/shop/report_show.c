/* Values of reports as people read them. */
#include "shop/report.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/jalali.h"
#include "shop/gateway.h"
#include "shop/ledger.h"

const char *report_account(struct op *op, const char *value)
{
    return ledger_account_title(value, op->lang);
}

const char *report_currency(struct op *op, const char *value)
{
    bool toman = strcmp(value, "IRT") == 0;
    if (op->lang == LANG_FA)
        return toman ? "تومان" : "ریال";
    return toman ? "Toman" : "Rial";
}

const char *report_gateway(struct op *op, const char *value)
{
    const struct gateway *g = gateway_find(value);
    if (!g)
        return value;
    return op->lang == LANG_FA ? g->title_fa : g->title_en;
}

static const struct {
    const char *value, *fa, *en;
} words[] = {
#define REPORT_WORD(value, fa, en) { value, fa, en },
#include "shop/report_words.def"
#undef REPORT_WORD
};

const char *report_word(struct op *op, const char *value)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].value, value) == 0)
            return op->lang == LANG_FA ? words[i].fa : words[i].en;
    return value;
}

const char *report_problem(struct op *op, const char *value)
{
    return err_field_text(value, op->lang);
}

const char *report_moment(struct op *op, const char *value)
{
    int64_t at;
    if (op->lang != LANG_FA || !clock_parse_rfc3339(str_of(value), &at))
        return value;
    return jalali_datetime(op->arena, at, op->lang);
}

const char *report_day(struct op *op, const char *value)
{
    int64_t at;
    if (!clock_parse_rfc3339(str_of(arena_printf(op->arena, "%sT00:00:00+03:30", value)), &at))
        return value;
    return jalali_short(op->arena, at, op->lang);
}
