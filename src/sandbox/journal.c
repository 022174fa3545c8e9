/* Journal: entries in memory, lines in the file, reading back at start. */
#include "sandbox/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/strbuf.h"
#include "sandbox/when.h"

struct kept {
    int64_t seq, track;
    char *text;
};

static struct kept *entries;
static size_t count, capacity;
static int64_t last_seq;
static int file = -1;

static void keep(int64_t seq, int64_t track, const char *text)
{
    if (count == capacity) {
        capacity = capacity ? capacity * 2 : 256;
        entries = heap_grow(entries, capacity * sizeof *entries);
    }
    entries[count++] = (struct kept){ seq, track, heap_dup(text) };
}

static json_object *copy_of(json_object *o)
{
    json_object *copy = NULL;
    if (o && json_object_deep_copy(o, &copy, NULL) != 0)
        copy = NULL;
    return copy;
}

static json_object *public_entry(const struct entry *e, int64_t seq)
{
    char at[WHEN_TEXT];
    json_object *o = json_object_new_object();
    json_object *effect = json_object_new_object();
    field_put_int(o, "seq", seq);
    field_put_str(o, "at", when_rfc3339(when_now(), at));
    field_put_str(o, "call", e->call);
    field_put(o, "track_id", e->track ? json_object_new_int64(e->track) : NULL);
    field_put(o, "request", copy_of(e->request));
    field_put(o, "result", copy_of(e->result));
    if (e->faults && *e->faults)
        field_put_str(o, "faults", e->faults);
    field_put_str(effect, "kind", e->effect.kind ? e->effect.kind : "none");
    field_put_int(effect, "amount", e->effect.amount);
    field_put(o, "effect", effect);
    return o;
}

char *journal_add(const struct entry *e)
{
    int64_t seq = ++last_seq;
    json_object *o = public_entry(e, seq);
    struct strbuf line = { 0 };
    keep(seq, e->track, field_text(o));
    if (e->payment)
        field_put(o, "payment", bank_snapshot(e->payment));
    if (e->messages)
        field_put(o, "messages", copy_of(e->messages));
    strbuf_str(&line, field_text(o));
    strbuf_char(&line, '\n');
    json_object_put(o);
    return strbuf_take(&line);
}

void journal_write(char *line)
{
    size_t n = strlen(line);
    /* One O_APPEND write per line: lines of several threads never mix. Their order in the file may
     * differ from their seq, which is why reading back sorts. */
    if (file >= 0 && write(file, line, n) != (ssize_t)n)
        fprintf(stderr, "tarazu-sandbox: the journal cannot be written: %s\n", strerror(errno));
    free(line);
}

struct line {
    int64_t seq;
    json_object *o;
};

static int by_seq(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void take_up(json_object *o, int64_t seq)
{
    json_object *payment = field_get(o, "payment");
    json_object *messages = field_get(o, "messages");
    if (payment)
        bank_restore(payment);
    if (messages && json_object_is_type(messages, json_type_array))
        inbox_restore(messages);
    json_object_object_del(o, "payment");
    json_object_object_del(o, "messages");
    keep(seq, field_int_or(o, "track_id", 0), field_text(o));
    last_seq = seq > last_seq ? seq : last_seq;
}

static void read_back(FILE *f)
{
    struct line *lines = NULL;
    size_t n = 0, room = 0;
    char *text = NULL;
    size_t text_room = 0;
    while (getline(&text, &text_room, f) > 0) {
        json_object *o = json_tokener_parse(text);
        if (!o)
            continue; /* the last line of a killed program may be cut */
        if (n == room) {
            room = room ? room * 2 : 256;
            lines = heap_grow(lines, room * sizeof *lines);
        }
        lines[n++] = (struct line){ field_int_or(o, "seq", 0), o };
    }
    free(text);
    if (n)
        qsort(lines, n, sizeof *lines, by_seq);
    for (size_t i = 0; i < n; i++) {
        take_up(lines[i].o, lines[i].seq);
        json_object_put(lines[i].o);
    }
    free(lines);
}

bool journal_open(const char *state_dir)
{
    struct strbuf path = { 0 };
    strbuf_printf(&path, "%s/journal.jsonl", state_dir);
    FILE *f = fopen(strbuf_text(&path), "re");
    if (f) {
        read_back(f);
        fclose(f);
    }
    file = open(strbuf_text(&path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        fprintf(stderr, "tarazu-sandbox: cannot open %s: %s\n", strbuf_text(&path),
                strerror(errno));
    strbuf_free(&path);
    return file >= 0;
}

char *journal_list(int64_t track, int64_t after_seq, int64_t limit)
{
    struct strbuf out = { 0 };
    size_t first = 0, left = 0;
    /* A limit keeps the newest ones. */
    for (size_t i = count; i-- > 0 && (limit <= 0 || left < (size_t)limit);) {
        if ((!track || entries[i].track == track) && entries[i].seq > after_seq) {
            first = i;
            left++;
        }
    }
    strbuf_char(&out, '[');
    for (size_t i = first; i < count && left > 0; i++) {
        if ((track && entries[i].track != track) || entries[i].seq <= after_seq)
            continue;
        if (out.len > 1)
            strbuf_char(&out, ',');
        strbuf_str(&out, entries[i].text);
        left--;
    }
    strbuf_char(&out, ']');
    return strbuf_take(&out);
}
