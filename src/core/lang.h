/* The two languages of the shop. Persian is the default. */
#ifndef CORE_LANG_H
#define CORE_LANG_H

enum lang { LANG_FA, LANG_EN, LANG_COUNT };

const char *lang_code(enum lang lang); /* "fa" | "en" */
enum lang lang_parse(const char *s);   /* anything but "en…" is fa */
const char *lang_pick(enum lang lang, const char *fa, const char *en); /* without an English text: the Persian one */

#endif
