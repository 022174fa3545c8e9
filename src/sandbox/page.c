/* The payment page: what a payer sees and does at the bank. Works without JavaScript. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/callback.h"
#include "sandbox/field.h"
#include "sandbox/options.h"
#include "sandbox/payer.h"
#include "sandbox/routes.h"
#include "sandbox/style.h"
#include "sandbox/zarinpal.h"

#define RIAL_PER_TOMAN 10
#define LATE_MAX_S 86400

static const char logo[] = "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><rect width=\"48\" "
                           "height=\"48\" rx=\"14\" fill=\"#0f766e\"/>"
                           "<g fill=\"none\" stroke=\"#fff\" stroke-width=\"2.6\" "
                           "stroke-linecap=\"round\" stroke-linejoin=\"round\">"
                           "<path d=\"M24 11v26M17 37h14M11 16h26M11 16l-4 10a5 4 0 0 0 8 0zM37 "
                           "16l-4 10a5 4 0 0 0 8 0z\"/></g></svg>";

static void put_row(struct strbuf *b, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    strbuf_printf(b, "<dt>%s</dt><dd dir=\"auto\"><bdi>", name);
    strbuf_html(b, value);
    strbuf_str(b, "</bdi></dd>\n");
}

/* "https://shop.example:1/x" → "shop.example" */
static char *host_of(const char *url)
{
    const char *at = url ? strstr(url, "://") : NULL;
    return at ? heap_ndup(at + 3, strcspn(at + 3, ":/?")) : heap_dup("");
}

static void put_top(struct strbuf *b, const struct payment *p)
{
    const char *name = p->gateway == GATEWAY_ZARINPAL
                           ? "درگاه آزمایشی زرین‌پال"
                           : "درگاه آزمایشی زیبال";
    strbuf_printf(b, "<header class=\"top\">%s<div><h1>پرداخت اینترنتی</h1><small>%s</small></div>"
                     "<span class=\"chip\">آزمایشی</span></header>\n", logo, name);
}

static void put_sum(struct strbuf *b, const struct payment *p)
{
    char track[24], *host = host_of(p->callback_url);
    snprintf(track, sizeof track, "%lld", (long long)p->track);
    strbuf_str(b, "<div class=\"sum\"><p>مبلغ پرداخت</p><b>");
    strbuf_fa_number(b, p->amount / RIAL_PER_TOMAN);
    if (p->amount % RIAL_PER_TOMAN) {
        strbuf_str(b, "٫");
        strbuf_fa_number(b, p->amount % RIAL_PER_TOMAN);
    }
    strbuf_str(b, " <small>تومان</small></b><p>برابر با ");
    strbuf_fa_number(b, p->amount);
    strbuf_str(b, " ریال</p></div>\n<div class=\"pad\"><dl>\n");
    put_row(b, "پذیرنده", host);
    put_row(b, "شمارهٔ سفارش", p->order_id);
    put_row(b, "شناسهٔ پرداخت", track);
    put_row(b, "شمارهٔ کارت", p->card);
    put_row(b, "توضیح", p->description);
    strbuf_str(b, "</dl>\n");
    free(host);
}

static void put_scenes(struct strbuf *b)
{
    strbuf_str(
        b, "<details class=\"sheet\" open><summary>سناریوهای آزمایش</summary>\n"
           "<p>هر دکمه یکی از اتفاق‌هایی است که برای خریدار واقعی می‌افتد.</p>\n<div "
           "class=\"scenes\">\n"
           "<button name=\"action\" value=\"wrong_card\">کارت نامعتبر<small>بانک کارت را "
           "نمی‌پذیرد و خریدار برمی‌گردد</small></button>\n"
           "<button name=\"action\" value=\"no_funds\">موجودی ناکافی<small>پولی کم نمی‌شود و "
           "خریدار برمی‌گردد</small></button>\n"
           "<button name=\"action\" value=\"twice\">پرداخت با بازگشت دوباره<small>فروشگاه دو بار "
           "خبر می‌گیرد</small></button>\n"
           "<button name=\"action\" value=\"close\">پرداخت و بستن برگه<small>پول پرداخت می‌شود "
           "اما خریدار برنمی‌گردد</small></button>\n"
           "<div class=\"late\"><button name=\"action\" value=\"late\">پرداخت با تأخیر<small>پس از "
           "زمانی که برمی‌گزینید</small></button>\n"
           "<select name=\"delay\" aria-label=\"زمان تأخیر\"><option value=\"10\">۱۰ "
           "ثانیه</option><option value=\"60\">۱ دقیقه</option>"
           "<option value=\"300\">۵ دقیقه</option><option value=\"1500\">۲۵ "
           "دقیقه</option></select></div>\n"
           "</div></details>\n");
}

static void put_card_fields(struct strbuf *b)
{
    strbuf_str(b, "<hr>\n<label>شمارهٔ کارت<input class=\"num card\" name=\"card\" "
                  "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"23\" "
                  "value=\"6274 1290 0547 3742\"></label>\n"
                  "<div class=\"row\"><label>CVV2<input class=\"num\" inputmode=\"numeric\" "
                  "autocomplete=\"off\" maxlength=\"4\" value=\"123\"></label>"
                  "<label>ماه<input class=\"num\" inputmode=\"numeric\" autocomplete=\"off\" "
                  "maxlength=\"2\" value=\"12\"></label>"
                  "<label>سال<input class=\"num\" inputmode=\"numeric\" autocomplete=\"off\" "
                  "maxlength=\"2\" value=\"09\"></label></div>\n"
                  "<label>رمز پویا<input class=\"num\" type=\"password\" inputmode=\"numeric\" "
                  "autocomplete=\"off\" maxlength=\"12\" value=\"12345\"></label>\n"
                  "<button class=\"main\" name=\"action\" value=\"pay\">پرداخت</button>\n"
                  "<button class=\"quiet\" name=\"action\" value=\"cancel\">انصراف و بازگشت به "
                  "فروشگاه</button>\n");
}

static void show_form(struct exchange *x, const struct payment *p, const char *problem)
{
    struct strbuf *b = &x->html;
    style_head(b, "پرداخت اینترنتی", "pay", 0, NULL);
    put_top(b, p);
    strbuf_printf(b, "<form method=\"post\" action=\"/start/%lld\">\n<div class=\"sheet\">\n",
                  (long long)p->track);
    put_sum(b, p);
    if (problem)
        strbuf_printf(b, "<hr><p class=\"note\" role=\"alert\">%s</p>\n", problem);
    put_card_fields(b);
    strbuf_str(b, "</div></div>\n");
    put_scenes(b);
    strbuf_str(b, "</form>\n<p class=\"foot\">این درگاه برای آزمایش است؛ هیچ پولی جابه‌جا "
                  "نمی‌شود.</p>\n");
    style_foot(b);
}

struct words {
    const char *mark, *kind, *title, *text;
};

static void show_words(struct exchange *x, const struct payment *p, const struct words *w,
                       int refresh)
{
    char again[64];
    struct strbuf *b = &x->html;
    snprintf(again, sizeof again, "/start/%lld?wait=1", (long long)p->track);
    style_head(b, w->title, "pay", refresh, again);
    put_top(b, p);
    strbuf_printf(b,
                  "<div class=\"sheet\">\n<div class=\"pad center\"><div class=\"mark %s\" "
                  "aria-hidden=\"true\">%s</div>"
                  "<h1>%s</h1><p class=\"soft\">%s</p></div>\n",
                  w->kind, w->mark, w->title, w->text);
    put_sum(b, p);
    if (!refresh) {
        strbuf_str(b, "<hr><a class=\"button main\" href=\"");
        strbuf_html(b, options.shop_url);
        strbuf_str(b, "/\">بازگشت به فروشگاه</a>\n");
    }
    strbuf_str(b, "</div></div>\n");
    style_foot(b);
}

static const struct words paid_words = {
    "✓", "", "پرداخت انجام شد",
    "مبلغ از کارت شما کم شد و به فروشگاه خبر داده می‌شود."
};
static const struct words closed_words = { "✓", "", "پرداخت انجام شد؛ برگه را ببندید",
                                           "مرورگر به فروشگاه برنمی‌گردد، همان‌گونه که اگر "
                                           "برگه را می‌بستید." };
static const struct words wait_words = { "", "wait", "در انتظار پرداخت",
                                         "پرداخت در زمان برگزیده انجام می‌شود؛ این برگه خودش پیش "
                                         "می‌رود." };
static const struct words canceled_words = {
    "✕", "bad", "پرداخت لغو شد",
    "از این پرداخت انصراف داده‌اید و پولی کم نشد."
};
static const struct words failed_words = { "✕", "bad", "پرداخت ناموفق بود",
                                           "بانک این پرداخت را نپذیرفت و پولی کم نشد." };

static const struct words *words_of(const struct payment *p)
{
    return bank_is_paid(p)             ? &paid_words
           : p->status == PAY_CANCELED ? &canceled_words
                                       : &failed_words;
}

/* Sends the browser back to the shop, as far as the faults let it. */
static void go_back(struct exchange *x, const struct payment *p, int own_calls)
{
    struct way_back way = callback_way_back(p, own_calls);
    x->delay_ms = way.delay_ms;
    x->hangup = way.hangup;
    if (way.http_status)
        answer_error(x, way.http_status, "fault");
    else if (way.url)
        answer_redirect(x, way.url);
    else
        show_words(x, p, words_of(p), 0);
    free(way.url);
}

static void not_found(struct exchange *x)
{
    style_head(&x->html, "پرداخت پیدا نشد", "pay", 0, NULL);
    strbuf_printf(&x->html, "<header class=\"top\">%s<div><h1>پرداخت پیدا نشد</h1></div></header>\n"
                            "<div class=\"sheet pad\">شناسهٔ پرداخت نادرست است.</div>\n", logo);
    style_foot(&x->html);
    x->status = 404;
}

static struct payment *payment_of(struct exchange *x)
{
    int64_t track = 0;
    return text_int(x->param[0], &track) ? bank_find(track) : zarinpal_find(x->param[0]);
}

void page_start(struct exchange *x)
{
    struct payment *p = payment_of(x);
    if (!p) {
        not_found(x);
        return;
    }
    if (x->outcome.amount_delta && p->status == PAY_WAITING) {
        p->amount += x->outcome.amount_delta;
        x->entry.payment = p;
    }
    if (p->late_at)
        show_words(x, p, &wait_words, 2);
    else if (bank_is_paid(p) && field_str(x->query, "wait"))
        go_back(x, p, 0);
    else if (bank_is_paid(p) || p->status == PAY_CANCELED)
        show_words(x, p, words_of(p), 0);
    else
        show_form(x, p, NULL);
}

/* ---- what the payer does ---- */

/* The typed card without spaces, "" when none was typed; Persian digits are folded. */
static void typed_card(json_object *in, char out[24])
{
    size_t n = 0;
    const unsigned char *s = (const unsigned char *)field_str(in, "card");
    for (; s && *s && n < 20; s++) {
        if (*s >= '0' && *s <= '9')
            out[n++] = (char)*s;
        else if ((*s == 0xDB && s[1] >= 0xB0 && s[1] <= 0xB9) ||
                 (*s == 0xD9 && s[1] >= 0xA0 && s[1] <= 0xA9))
            out[n++] = (char)('0' + (*++s & 0x0F) % 10);
    }
    out[n] = '\0';
}

static bool card_allowed(const struct payment *p, const char *card)
{
    size_t n = p->allowed_cards && json_object_is_type(p->allowed_cards, json_type_array)
                   ? json_object_array_length(p->allowed_cards) : 0;
    for (size_t i = 0; i < n; i++) {
        const char *allowed =
            json_object_get_string(json_object_array_get_idx(p->allowed_cards, i));
        if (allowed && strcmp(allowed, card) == 0)
            return true;
    }
    return n == 0;
}

/* Pays with the typed card; false with the form shown again when the card is refused. */
static bool pay(struct exchange *x, struct payment *p)
{
    char card[24];
    typed_card(x->in, card);
    const char *problem = *card && !bank_card_valid(card)
                              ? "شمارهٔ کارت درست نیست. شانزده رقم روی کارت را دوباره ببینید."
                          : *card && !card_allowed(p, card) ? "پذیرنده این کارت را نمی‌پذیرد. با "
                                                              "کارت دیگری پرداخت کنید."
                                                            : NULL;
    if (problem) {
        x->status = 422;
        show_form(x, p, problem);
        return false;
    }
    return payer_pay(p, *card ? card : NULL, true, &x->entry);
}

static void act_pay(struct exchange *x, struct payment *p)
{
    if (pay(x, p))
        go_back(x, p, 0);
}

static void act_twice(struct exchange *x, struct payment *p)
{
    if (!pay(x, p))
        return;
    callback_webhook(p);
    go_back(x, p, 1);
}

static void act_close(struct exchange *x, struct payment *p)
{
    if (pay(x, p))
        show_words(x, p, &closed_words, 0);
}

static void act_late(struct exchange *x, struct payment *p)
{
    int64_t seconds = field_int_or(x->in, "delay", 60);
    payer_wait(p, (seconds < 1 || seconds > LATE_MAX_S ? 60 : seconds) * 1000, &x->entry);
    show_words(x, p, &wait_words, 2);
}

static void act_cancel(struct exchange *x, struct payment *p)
{
    if (payer_refuse(p, PAY_CANCELED, true, &x->entry))
        go_back(x, p, 0);
}

static void act_wrong_card(struct exchange *x, struct payment *p)
{
    if (payer_refuse(p, PAY_BAD_CARD, true, &x->entry))
        go_back(x, p, 0);
}

static void act_no_funds(struct exchange *x, struct payment *p)
{
    if (payer_refuse(p, PAY_NO_FUNDS, true, &x->entry))
        go_back(x, p, 0);
}

static const struct action {
    const char *name;
    void (*run)(struct exchange *x, struct payment *p);
} actions[] = {
    { "pay", act_pay },       { "cancel", act_cancel },     { "twice", act_twice },
    { "close", act_close },   { "late", act_late },         { "wrong_card", act_wrong_card },
    { "no_funds", act_no_funds },
};

void page_act(struct exchange *x)
{
    struct payment *p = payment_of(x);
    const char *name = field_str(x->in, "action");
    if (!p) {
        not_found(x);
        return;
    }
    if (bank_is_paid(p)) {
        x->status = 409;
        show_words(x, p, &paid_words, 0);
        return;
    }
    for (size_t i = 0; name && i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, name) == 0) {
            actions[i].run(x, p);
            return;
        }
    }
    x->status = 422;
    show_form(x, p, "یکی از دکمه‌ها را بزنید.");
}
