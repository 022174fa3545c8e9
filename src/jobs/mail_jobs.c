/* Jobs that write letters: a template's first line is the subject, what follows the empty line the text. */
#include "auth/email.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/lang.h"
#include "core/log.h"
#include "core/str.h"
#include "core/view.h"
#include "http/template.h"
#include "jobs/jobs.h"
#include "net/mail.h"
#include "shop/settings.h"

/* What a server refuses for good is the end of it, not a reason to try again. */
static enum err hand_over(struct op *op, const struct mail *mail)
{
    bool permanent = false;
    const char *problem = NULL;
    if (mail_send(op, mail, &permanent, &problem))
        return ERR_OK;
    if (!permanent)
        return err_internal(op, ERR_TIMEOUT, "mail: %s", problem ? problem : "the mail server does not answer");
    log_event(LOG_WARNING, "mail refused", LOG_S("message_id", mail->message_id), LOG_S("problem", problem));
    return ERR_OK;
}

/* Sends the letter `name`; `to` is who gets it. */
static enum err send_letter(struct op *op, const char *name, const struct view *v, const char *to, const char *message_id)
{
    struct str text;
    if (op->conf->smtp_url[0] == '\0') {
        log_event(LOG_INFO, "mail is not sent: smtp.url is empty", LOG_S("kind", name));
        return ERR_OK;
    }
    TRY(job_message_text(op, name, v, &text));
    const char *subject = str_dup(op->arena, str_trim(str_cut(&text, '\n')));
    const struct mail mail = { .to = to, .subject = subject, .text = str_dup(op->arena, str_trim(text)), .message_id = message_id };
    return hand_over(op, &mail);
}

enum err job_email_verify(struct op *op, const struct view *payload)
{
    struct email_letter letter;
    bool wanted;
    TRY(email_letter(op, payload, &letter, &wanted));
    if (!wanted)
        return ERR_OK;
    struct view *v = view_new(op->arena);
    op->lang = lang_parse(letter.lang);
    view_text(v, "name", letter.name);
    view_text(v, "url", arena_printf(op->arena, "%s/account/verify-email/%s", op->conf->shop_base_url, letter.token));
    return send_letter(op, "email_verify", v, letter.to, arena_printf(op->arena, "email-%.32s", letter.hash));
}

/* In the shop's first language; nobody asked for it who could have another. */
enum err job_owner_letter(struct op *op, const struct view *payload)
{
    struct settings settings;
    TRY(settings_load(op, &settings));
    if (settings.alarm_email[0] == '\0')
        return ERR_OK;
    struct view *v = view_new(op->arena);
    op->lang = LANG_FA;
    view_text(v, "problem", view_get_text(payload, "problem"));
    view_int(v, "number", view_get_int(payload, "number", 0));
    view_text(v, "url", arena_printf(op->arena, "%s/admin/sms", op->conf->shop_base_url));
    return send_letter(op, view_get_text(payload, "letter"), v, settings.alarm_email,
                       arena_printf(op->arena, "owner-%lld", (long long)view_get_int(payload, "job_id", 0)));
}
