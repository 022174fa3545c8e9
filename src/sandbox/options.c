/* Command line of tarazu-sandbox. */
#include "sandbox/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/strbuf.h"

#define FILE_MAX_BYTES (2 * 1024 * 1024)

struct options options = { .font = PKGDATADIR "/web/static/fonts/vazirmatn.woff2" };

static const char usage[] =
    "usage: tarazu-sandbox --listen ADDRESS:PORT --tls-cert FILE --tls-key FILE --state DIR\n"
    "                      --shop-url URL --webhook-secret-file FILE [--smtp-port N] [--ca-file "
    "FILE]\n"
    "                      [--refund-token TOKEN] [--sms-key KEY] [--font FILE] [--user NAME]\n";

static bool complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static bool complain(const char *fmt, ...)
{
    va_list ap;
    fputs("tarazu-sandbox: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return false;
}

static bool read_file(const char *path, char **out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return complain("cannot read %s: %s", path, strerror(errno));
    struct strbuf text = { 0 };
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && text.len < FILE_MAX_BYTES)
        strbuf_add(&text, chunk, n);
    fclose(f);
    *out = strbuf_take(&text);
    return **out ? true : complain("%s is empty", path);
}

static bool set_listen(const char *value)
{
    char *host = heap_dup(value);
    char *colon = strrchr(host, ':');
    int64_t port = 0;
    if (!colon || !text_int(colon + 1, &port) || port < 1 || port > 65535) {
        free(host);
        return complain("--listen wants ADDRESS:PORT, not \"%s\"", value);
    }
    *colon = '\0';
    options.listen_host = host;
    options.listen_port = (int)port;
    snprintf(options.base_url, sizeof options.base_url, "https://localhost:%d", (int)port);
    return true;
}

static bool set_smtp_port(const char *value)
{
    int64_t port = 0;
    if (!text_int(value, &port) || port < 0 || port > 65535)
        return complain("--smtp-port wants a port number, not \"%s\"", value);
    options.smtp_port = (int)port;
    return true;
}

static bool set_shop_url(const char *value)
{
    const char *host = strstr(value, "://");
    if (!host)
        return complain("--shop-url wants an absolute URL, not \"%s\"", value);
    char *url = heap_dup(value);
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        url[--n] = '\0';
    options.shop_url = url;
    snprintf(options.shop_host, sizeof options.shop_host, "%.*s", (int)strcspn(host + 3, ":/"),
             host + 3);
    return true;
}

static bool set_secret(const char *path)
{
    if (!read_file(path, &options.webhook_secret))
        return false;
    options.webhook_secret[strcspn(options.webhook_secret, "\r\n")] = '\0';
    return true;
}

static bool set_cert(const char *path) { return read_file(path, &options.tls_cert); }
static bool set_key(const char *path) { return read_file(path, &options.tls_key); }
static bool set_ca(const char *path) { return read_file(path, &options.ca); }

/* A row either stores the text as it is or hands it to a function. */
static const struct option_row {
    const char *name;
    bool required;
    const char **store;
    bool (*take)(const char *value);
} option_rows[] = {
    { "listen", true, NULL, set_listen },
    { "tls-cert", true, NULL, set_cert },
    { "tls-key", true, NULL, set_key },
    { "state", true, &options.state_dir, NULL },
    { "shop-url", true, NULL, set_shop_url },
    { "webhook-secret-file", true, NULL, set_secret },
    { "smtp-port", false, NULL, set_smtp_port },
    { "ca-file", false, NULL, set_ca },
    { "refund-token", false, &options.refund_token, NULL },
    { "sms-key", false, &options.sms_key, NULL },
    { "font", false, &options.font, NULL },
    { "user", false, &options.user, NULL },
};
#define OPTION_COUNT (sizeof option_rows / sizeof option_rows[0])

static bool take_option(size_t i, const char *value)
{
    if (option_rows[i].take)
        return option_rows[i].take(value);
    *option_rows[i].store = value;
    return true;
}

bool options_parse(int argc, char **argv)
{
    struct option known[OPTION_COUNT + 1];
    bool given[OPTION_COUNT] = { false };
    memset(known, 0, sizeof known);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        known[i] = (struct option){ option_rows[i].name, required_argument, NULL, (int)i };
    int i;
    while ((i = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (i < 0 || (size_t)i >= OPTION_COUNT) {
            fputs(usage, stderr);
            return false;
        }
        given[i] = true;
        if (!take_option((size_t)i, optarg))
            return false;
    }
    for (size_t row = 0; row < OPTION_COUNT; row++) {
        if (option_rows[row].required && !given[row]) {
            fputs(usage, stderr);
            return complain("--%s is missing", option_rows[row].name);
        }
    }
    return optind == argc ? true : complain("unexpected argument \"%s\"", argv[optind]);
}
