/* Handing mail to a real server on this machine. */
#include "net/mail.h"

#include "core/breaker.h"
#include "net/net.h"
#include "net/toy.h"
#include "tap.h"

static struct toy toy;
static struct breaker_state breakers[64];

static bool send(struct op *op, const char *to, bool *permanent, const char **problem)
{
    const struct mail mail = { to, "سفارش شما", "متن\n.\nپایان", "job-7" };
    return mail_send(op, &mail, permanent, problem);
}

int main(void)
{
    bool permanent;
    const char *problem;
    net_breakers(breakers, 64);
    if (!ok(toy_open(&toy), "a server"))
        return done();
    struct conf conf = toy_conf(&toy);
    struct op *op = toy_op(&conf);
    ok(send(op, "sara@example.ir", &permanent, &problem), "a mail is taken");
    is_int(toy.shared->mails, 1, "once");
    ok(strstr(toy.shared->mail, "MAIL FROM:<shop@example.com>"), "from the shop");
    ok(strstr(toy.shared->mail, "RCPT TO:<sara@example.ir>"), "to the customer");
    ok(strstr(toy.shared->mail, "Message-ID: <job-7@example.com>\r\n"), "with the job's id");
    ok(!send(op, "x@example.ir", &permanent, &problem) && permanent, "a refusal is final");
    ok(problem && strstr(problem, "550"), "and the reply is told");
    ok(!send(op, "later@example.ir", &permanent, &problem) && !permanent, "a delayed one is not");
    ok(!send(op, "a@b.c\r\nRCPT TO:<z@z.z>", &permanent, &problem) && permanent,
       "an address that is none is never sent");
    is_int(toy.shared->mails, 1, "nothing of these was taken");
    toy_op_end(op);

    conf.smtp_url = "";
    op = toy_op(&conf);
    ok(!send(op, "sara@example.ir", &permanent, &problem) && permanent, "without a server: none");
    toy_op_end(op);

    char url[64];
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%d", toy.closed_port);
    conf.smtp_url = url;
    op = toy_op(&conf);
    for (int i = 0; i < 5; i++)
        ok(!send(op, "sara@example.ir", &permanent, &problem) && !permanent,
           "a server that is away is tried again");
    ok(!send(op, "sara@example.ir", &permanent, &problem) && !permanent &&
           strstr(problem, "breaker"), "until the breaker opens");
    toy_op_end(op);
    toy_close(&toy);
    return done();
}
