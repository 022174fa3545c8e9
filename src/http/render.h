/* `tarazu render TEMPLATE DATA.json [PARTIALS_DIR]`: a template with data on standard output, for
 * whoever edits pages and messages. A command of its own process; needs neither database nor a
 * readable configuration. */
#ifndef HTTP_RENDER_H
#define HTTP_RENDER_H

struct conf;

/* argv[0] is the command's name; `--lang fa|en` may come before the files (else the data's
 * page.lang, else Persian). conf may be NULL: texts and static names then come from
 * TARAZU_LOCALE_DIR and TARAZU_STATIC_DIR or where they are installed; what cannot be read there is
 * done without. DATA.json "-" is standard input. Returns the exit status: 0, 1 (with the reason on
 * standard error) or 2 (wrong arguments). */
int render_main(const struct conf *conf, int argc, char **argv);

#endif
