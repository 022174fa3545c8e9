/* The allow-list of outgoing calls. */
#include "net/hosts.h"

#include "core/arena.h"
#include "core/conf.h"
#include "core/log.h"
#include "tap.h"

static struct hosts hosts;

static const struct {
    const char *url;
    bool allowed;
} calls[] = {
    { "https://gateway.zibal.ir/v1/request", true },
    { "https://gateway.zibal.ir:443/v1/request", true },
    { "https://GATEWAY.zibal.ir/", true },
    { "https://gateway.zibal.ir:8443/", false },
    { "http://gateway.zibal.ir/", false },
    { "https://gateway.zibal.ir.example.com/", false },
    { "https://gateway.zibal.ir@example.com/", false },
    { "https://api.zibal.ir/v1/account/refund", true },
    { "https://api.kavenegar.com/v1/x/sms/send.json", true },
    { "https://shop.example:8443/hook", true },
    { "https://shop.example/hook", false },
    { "https://other.example/", true },
    { "https://[2001:db8::1]:9000/", true },
    { "http://127.0.0.1:4318/v1/traces", true },
    { "https://127.0.0.1:4318/v1/traces", false },
    { "http://127.0.0.1:4319/v1/traces", false },
    { "http://localhost:4318/v1/traces", false },
    { "https://mail.example:465/", true },
    { "ftp://gateway.zibal.ir/", false },
    { "gopher://127.0.0.1:4318/", false },
    { "//gateway.zibal.ir/", false },
    { "", false },
};

int main(void)
{
    struct arena *a = arena_create("test");
    struct conf conf = { .zibal_base_url = "https://gateway.zibal.ir",
                         .zibal_platform_url = "https://api.zibal.ir",
                         .sms_base_url = "https://api.kavenegar.com",
                         .smtp_url = "smtps://user:secret@mail.example",
                         .net_allow_hosts = "shop.example:8443, other.example,,[2001:db8::1]:9000",
                         .trace_url = "http://127.0.0.1:4318/v1/traces" };
    const char *why;
    log_open("/dev/null", LOG_ERROR);
    hosts_load(&hosts, a, &conf);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int host = hosts_find(&hosts, calls[i].url, &why);
        ok((host >= 0) == calls[i].allowed, "%s: %s", calls[i].url,
           calls[i].allowed ? "yes" : "no");
    }
    is_str(hosts.host[0].label, "gateway.zibal.ir:443", "hosts are named with their port");
    is_str(hosts.mail < hosts.n ? hosts.host[hosts.mail].label : NULL, "mail.example:465",
           "the mail server has a breaker too");
    conf.zibal_base_url = "http://gateway.zibal.ir";
    conf.trace_url = "http://192.0.2.1:4318/";
    conf.smtp_url = "";
    hosts_load(&hosts, a, &conf);
    is_int(hosts_find(&hosts, "http://gateway.zibal.ir/", &why), -1, "a base needs TLS");
    is_int(hosts_find(&hosts, "http://192.0.2.1:4318/", &why), -1, "so does a collector elsewhere");
    is_int((int64_t)hosts.mail, HOSTS_MAX, "no mail server");
    arena_destroy(a);
    return done();
}
