/* Pages for people: the front page, the inbox, the list of payments. */
#include <stdio.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/options.h"
#include "sandbox/routes.h"
#include "sandbox/style.h"
#include "sandbox/when.h"

#define SHOWN 50

static const struct page_link {
    const char *href, *title;
} page_links[] = { { "/", "آغاز" }, { "/inbox", "پیام‌ها" }, { "/bank", "بانک" } };

static void put_nav(struct strbuf *b, const char *here)
{
    strbuf_str(b, "<nav>");
    for (size_t i = 0; i < sizeof page_links / sizeof page_links[0]; i++)
        strbuf_printf(b, "<a href=\"%s\"%s>%s</a>", page_links[i].href,
                      strcmp(page_links[i].href, here) == 0 ? " aria-current=\"page\"" : "",
                      page_links[i].title);
    strbuf_str(b, "</nav>\n");
}

static void put_tile(struct strbuf *b, const char *href, const char *title, const char *text,
                     int64_t n)
{
    strbuf_printf(b, "<a class=\"tile\" href=\"%s\">", href);
    if (n >= 0) {
        strbuf_str(b, "<span class=\"big\">");
        strbuf_fa_number(b, n);
        strbuf_str(b, "</span>");
    }
    strbuf_printf(b, "<b>%s</b><p>%s</p></a>\n", title, text);
}

void desk_index(struct exchange *x)
{
    struct strbuf *b = &x->html;
    style_head(b, "دنیای بیرون ترازو", "wide", 0, NULL);
    put_nav(b, "/");
    strbuf_str(b, "<h1>دنیای بیرون فروشگاه</h1>\n<p class=\"soft\">این برنامه نقش بانک، سامانهٔ "
                  "پیامک، صندوق ایمیل و گردآورندهٔ رد‌ها را "
                  "بازی می‌کند. چیزی از اینجا به بیرون فرستاده نمی‌شود.</p>\n<div "
                  "class=\"tiles\">\n");
    put_tile(b, "/inbox", "پیام‌ها", "پیامک‌ها و ایمیل‌هایی که فروشگاه فرستاده است، با کدهای ورود",
             (int64_t)(inbox_count("sms") + inbox_count("mail")));
    put_tile(b, "/bank", "بانک",
             "پرداخت‌ها و حالتشان؛ پرداخت، لغو یا شکست به‌جای "
             "خریدار",
             (int64_t)bank_count());
    put_tile(b, "/bank/journal", "دفتر بانک", "هر فراخوانی و اثر آن، به‌صورت JSON", -1);
    put_tile(b, "/faults", "خطاهای ساختگی", "فهرست خطاها و گونه‌های شدنی، به‌صورت JSON", -1);
    put_tile(b, "/traces", "ردها", "آخرین ردهای OpenTelemetry، به‌صورت JSON", -1);
    strbuf_str(b, "<a class=\"tile\" href=\"");
    strbuf_html(b, options.shop_url);
    strbuf_str(b, "/\"><b>فروشگاه</b><p><span class=\"ltr\">");
    strbuf_html(b, options.shop_url);
    strbuf_str(b, "</span></p></a>\n</div>\n");
    style_foot(b);
}

static void put_time(struct strbuf *b, json_object *m)
{
    int hour = 0, minute = 0, second = 0;
    char text[16];
    const char *at = field_str(m, "at");
    if (!at || sscanf(at, "%*[^T]T%d:%d:%d", &hour, &minute, &second) != 3)
        return;
    int local = (hour * 60 + minute + 210) % 1440; /* Tehran */
    snprintf(text, sizeof text, "%02d:%02d:%02d", local / 60 % 24, local % 60, second % 60);
    strbuf_printf(b, "<time datetime=\"%s\">", at);
    strbuf_fa_digits(b, text);
    strbuf_str(b, "</time>");
}

static void put_message(struct strbuf *b, json_object *m)
{
    const char *code = field_str(m, "code"), *subject = field_str(m, "subject");
    strbuf_str(b, "<article class=\"msg\"><header><span class=\"ltr\">");
    strbuf_html(b, field_str(m, "to"));
    strbuf_str(b, "</span>");
    put_time(b, m);
    strbuf_str(b, "</header>");
    if (subject) {
        strbuf_str(b, "<h3>");
        strbuf_html(b, subject);
        strbuf_str(b, "</h3>");
    }
    strbuf_str(b, "<p dir=\"auto\">");
    strbuf_html(b, field_str(m, "text"));
    strbuf_str(b, "</p>");
    if (code && !subject) {
        strbuf_str(b, "<div class=\"code\"><output>");
        strbuf_html(b, code);
        strbuf_str(b, "</output><button type=\"button\" data-copy=\"");
        strbuf_html(b, code);
        strbuf_str(b, "\">رونوشت کد</button></div>");
    }
    strbuf_str(b, "</article>\n");
}

static void put_messages(struct strbuf *b, const char *kind, const char *title, const char *empty)
{
    json_object *list = inbox_list(kind, NULL, SHOWN, false);
    size_t n = json_object_array_length(list);
    strbuf_printf(b, "<section><h2>%s</h2>\n", title);
    if (!n)
        strbuf_printf(b, "<p class=\"soft\">%s</p>\n", empty);
    for (size_t i = 0; i < n; i++)
        put_message(b, json_object_array_get_idx(list, i));
    strbuf_str(b, "</section>\n");
    json_object_put(list);
}

/* With JavaScript only the list is renewed, so that copying is not disturbed. */
static const char inbox_script[] =
    "<noscript><meta http-equiv=\"refresh\" content=\"4\"></noscript>\n<script>\n"
    "document.documentElement.classList.add('js');\n"
    "document.addEventListener('click',async e=>{const c=e.target.dataset.copy;if(!c)return;"
    "await navigator.clipboard.writeText(c);e.target.textContent='رونوشت شد ✓'});\n"
    "setInterval(async()=>{const r=await fetch('/inbox');if(!r.ok)return;"
    "const d=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('#list');"
    "const "
    "l=document.querySelector('#list');if(d&&d.innerHTML!==l.dataset.seen){l.dataset.seen=d."
    "innerHTML;l.innerHTML=d.innerHTML}},2000);\n"
    "</script>\n";

void desk_inbox(struct exchange *x)
{
    struct strbuf *b = &x->html;
    style_head(b, "پیام‌ها", "wide", 0, NULL);
    put_nav(b, "/inbox");
    strbuf_str(b, "<h1>پیام‌ها</h1>\n<div id=\"list\" class=\"tiles\">\n");
    put_messages(b, "sms", "پیامک‌ها", "هنوز پیامکی نیامده است.");
    put_messages(b, "mail", "ایمیل‌ها", "هنوز ایمیلی نیامده است.");
    strbuf_str(b, "</div>\n");
    strbuf_str(b, inbox_script);
    style_foot(b);
}

static const struct state_words {
    int status;
    const char *kind, *text;
} state_words[] = {
    { PAY_WAITING, "", "در انتظار پرداخت" },     { PAY_PAID, "", "پرداخت‌شده، تأیید نشده" },
    { PAY_VERIFIED, "good", "پرداخت و تأیید شده" }, { PAY_CANCELED, "bad", "لغو شده" },
    { PAY_BAD_CARD, "bad", "کارت نامعتبر" },     { PAY_NO_FUNDS, "bad", "موجودی ناکافی" },
    { PAY_REFUNDED, "", "بازگشت داده شد" },       { PAY_REFUNDING, "", "در حال بازگشت" },
    { PAY_REVERSED, "", "برگشت خورد" },
};

static void put_state(struct strbuf *b, const struct payment *p)
{
    const char *kind = "bad", *text = "ناموفق";
    for (size_t i = 0; i < sizeof state_words / sizeof state_words[0]; i++) {
        if (state_words[i].status == bank_status(p)) {
            kind = state_words[i].kind;
            text = state_words[i].text;
        }
    }
    strbuf_printf(b, "<span class=\"state %s\">%s</span>", kind, text);
}

static void put_deeds(struct strbuf *b, const struct payment *p)
{
    static const char *const deeds[][2] = { { "pay", "پرداخت" },
                                            { "cancel", "لغو" },
                                            { "fail", "شکست" } };
    for (size_t i = 0; i < 3 && !bank_is_paid(p); i++)
        strbuf_printf(b,
                      "<form method=\"post\" action=\"/bank/%lld/%s\"><button name=\"callback\" "
                      "value=\"1\">%s</button></form> ",
                      (long long)p->track, deeds[i][0], deeds[i][1]);
    if (bank_is_paid(p) && bank_refundable(p) < p->amount) {
        strbuf_str(b, "بازگشت‌ها: ");
        strbuf_fa_number(b, p->amount - bank_refundable(p));
        strbuf_str(b, " ریال");
    }
}

static const char *const columns[] = { "شناسه", "زمان", "سفارش", "مبلغ (ریال)", "حالت",
                                       "به‌جای خریدار", "" };

static void put_cell(struct strbuf *b, size_t column)
{
    strbuf_printf(b, "%s<td data-title=\"%s\">", column ? "</td>" : "", columns[column]);
}

static void put_payment(struct strbuf *b, const struct payment *p)
{
    char when[WHEN_TEXT];
    strbuf_str(b, "<tr>");
    put_cell(b, 0);
    strbuf_printf(b, "<a class=\"ltr\" href=\"/start/%lld\">%lld</a>", (long long)p->track,
                  (long long)p->track);
    put_cell(b, 1);
    strbuf_fa_digits(b, when_clock(p->created, when));
    put_cell(b, 2);
    strbuf_html(b, p->order_id ? p->order_id : "–");
    put_cell(b, 3);
    strbuf_fa_number(b, p->amount);
    put_cell(b, 4);
    put_state(b, p);
    put_cell(b, 5);
    put_deeds(b, p);
    put_cell(b, 6);
    strbuf_printf(b, "<a href=\"/bank/journal?track_id=%lld\">دفتر</a></td></tr>\n",
                  (long long)p->track);
}

static void put_columns(struct strbuf *b)
{
    strbuf_str(b, "<div class=\"scroll\"><table><thead><tr>");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        strbuf_printf(b, "<th>%s</th>", columns[i]);
    strbuf_str(b, "</tr></thead>\n<tbody>\n");
}

static void put_faults(struct strbuf *b)
{
    json_object *all = faults_list(), *items = field_get(all, "items");
    size_t n = json_object_array_length(items);
    if (n)
        strbuf_str(b, "<h2>خطاهای ساختگی روشن</h2>\n<p>");
    for (size_t i = 0; i < n; i++) {
        json_object *f = json_object_array_get_idx(items, i);
        strbuf_str(b, "<code>");
        strbuf_html(b, field_str(f, "call"));
        strbuf_str(b, ": ");
        strbuf_html(b, field_str(f, "kind"));
        strbuf_str(b, "</code> ");
    }
    if (n)
        strbuf_str(b, "</p>\n<form method=\"post\" action=\"/faults/clear\"><button "
                      "class=\"quiet\" name=\"clear\" value=\"1\">"
                      "پاک کردن همهٔ خطاها</button></form>\n");
    json_object_put(all);
}

void desk_bank(struct exchange *x)
{
    struct strbuf *b = &x->html;
    size_t count = bank_count(), last = count > SHOWN ? count - SHOWN : 0;
    style_head(b, "بانک", "wide", 5, "/bank");
    put_nav(b, "/bank");
    strbuf_str(b, "<h1>پرداخت‌ها</h1>\n");
    put_faults(b);
    if (!count)
        strbuf_str(b, "<p class=\"soft\">هنوز پرداختی آغاز نشده است.</p>\n");
    else
        put_columns(b);
    for (size_t i = count; i-- > last;)
        put_payment(b, bank_at(i));
    if (count)
        strbuf_str(b, "</tbody></table></div>\n");
    style_foot(b);
}
