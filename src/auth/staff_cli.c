/* `tarazu staff`: accounts of staff from the command line. */
#include "auth/staff.h"

#include <stdio.h>
#include <string.h>

#include "auth/password.h"
#include "core/arena.h"
#include "core/crypto.h"
#include "core/text.h"
#include "core/view.h"
#include "db/tx.h"

#define PASSWORD_FILE_MAX 1024

struct call {
    const char *username, *role, *name, *password_file;
    const char *password_hash, *totp;
    int disabled;
};

static const char usage[] =
    "usage: tarazu staff add USERNAME --role ROLE --password-file FILE [--name NAME]\n"
    "       tarazu staff reset USERNAME --password-file FILE\n"
    "       tarazu staff role USERNAME --role ROLE\n"
    "       tarazu staff disable|enable USERNAME\n"
    "       tarazu staff list\n"
    "roles: support, catalogue, finance, owner. FILE may be - (standard input).\n";

static enum err say(struct op *op, const char *text)
{
    return err_internal(op, ERR_BAD_REQUEST, "%s", text);
}

/* The first line of the file. */
static enum err read_password(struct op *op, const char *path, const char **hash)
{
    char line[PASSWORD_FILE_MAX] = "";
    FILE *in = path && strcmp(path, "-") == 0 ? stdin : path ? fopen(path, "re") : NULL;
    if (!in)
        return say(op, path ? "the password file cannot be read" : "--password-file is missing");
    bool got = fgets(line, sizeof(line), in) != NULL;
    if (in != stdin)
        fclose(in);
    line[strcspn(line, "\r\n")] = '\0';
    size_t length = text_length(str_of(line));
    if (!got || length < PASSWORD_MIN || length > PASSWORD_MAX)
        return say(op, "a password has 10 to 200 characters");
    if (password_is_common(op->arena, line))
        return say(op, "this password is among the first that anybody would try");
    *hash = crypto_password_hash(op->arena, line);
    crypto_wipe(line, sizeof(line));
    return ERR_OK;
}

static enum err add(struct op *op, void *arg)
{
    struct call *c = arg;
    struct staff_new in = { c->username, c->name, c->role, c->password_hash };
    int64_t id;
    return staff_add(op, &in, &id, &c->totp);
}

static enum err reset(struct op *op, void *arg)
{
    struct call *c = arg;
    return staff_reset(op, c->username, c->password_hash, &c->totp);
}

static enum err set_role(struct op *op, void *arg)
{
    struct call *c = arg;
    return c->role ? staff_set_role(op, c->username, c->role) : say(op, "--role is missing");
}

static enum err set_disabled(struct op *op, void *arg)
{
    struct call *c = arg;
    return staff_set_disabled(op, c->username, c->disabled);
}

static enum err list(struct op *op, void *arg)
{
    (void)arg;
    struct view *out = view_new(op->arena);
    TRY(staff_list(op, out));
    struct view *items = view_get(out, "items");
    for (size_t i = 0; i < view_count(items); i++) {
        struct view *item = view_at(items, i);
        printf("%-20s %-10s %s\n", view_get_text(item, "username"), view_get_text(item, "role"),
               view_get_bool(item, "disabled") ? "disabled" : "");
    }
    return ERR_OK;
}

static const struct {
    const char *name;
    tx_fn *run;
    bool needs_user, needs_password, disables;
} commands[] = {
    { "add", add, true, true, false },         { "reset", reset, true, true, false },
    { "role", set_role, true, false, false },  { "disable", set_disabled, true, false, true },
    { "enable", set_disabled, true, false, false }, { "list", list, false, false, false },
};

static bool read_options(int argc, char **argv, struct call *c)
{
    for (int i = 2; i < argc; i++) {
        const char **member = strcmp(argv[i], "--role") == 0            ? &c->role
                              : strcmp(argv[i], "--name") == 0          ? &c->name
                              : strcmp(argv[i], "--password-file") == 0 ? &c->password_file
                                                                        : NULL;
        if (member && i + 1 < argc)
            *member = argv[++i];
        else if (!member && !c->username && argv[i][0] != '-')
            c->username = argv[i];
        else
            return false;
    }
    return true;
}

static enum err run(struct op *op, size_t command, struct call *c)
{
    if (commands[command].needs_password)
        TRY(read_password(op, c->password_file, &c->password_hash));
    c->disabled = commands[command].disables;
    return db_tx(op, commands[command].run, c);
}

int staff_main(struct op *op, int argc, char **argv)
{
    struct call c = { 0 };
    size_t command = 0, n = sizeof(commands) / sizeof(commands[0]);
    while (command < n && (argc < 2 || strcmp(argv[1], commands[command].name) != 0))
        command++;
    if (command == n || !read_options(argc, argv, &c) || (commands[command].needs_user && !c.username)) {
        fputs(usage, stderr);
        return 2;
    }
    enum err e = run(op, command, &c);
    if (e) {
        bool ours = e == ERR_INTERNAL || e == ERR_BAD_REQUEST || e == ERR_DB_UNAVAILABLE;
        const char *why = ours ? op->err->internal : op->err->detail;
        const struct field_error *field = op->err->fields;
        fprintf(stderr, "tarazu staff %s: %s%s%s%s\n", argv[1], why ? why : err_title(e, LANG_EN),
                field ? " (" : "", field ? field->pointer + 1 : "", field ? ")" : "");
        return 1;
    }
    if (c.totp)
        printf("totp_secret=%s\n", c.totp);
    return 0;
}
