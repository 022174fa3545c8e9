/* Comma-separated values as spreadsheets write them (RFC 4180): the separator is a comma, a semicolon or
 * a tab, told by the first line; cells may be quoted, with line ends and doubled quotes inside. Lines end
 * with LF, CRLF or CR. Pure; cells are arena-owned. Any process. */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/str.h"

struct arena;

struct csv {
    struct arena *arena;
    struct str rest;
    char separator;
    int line;    /* of the file, where the last record began; from 1 */
    int ended;   /* line ends seen */
    bool broken; /* a quote was never closed */
};

/* A mark of UTF-8 at the beginning is passed over. */
void csv_begin(struct csv *c, struct arena *a, struct str text);
/* The next record: up to `most` cells, trimmed; more are passed over. False at the end or when broken. */
bool csv_next(struct csv *c, struct str *cells, size_t most, size_t *n);

#endif
