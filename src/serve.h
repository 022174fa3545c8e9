/* `tarazu serve`: opens the sockets, forks the table of services and supervises them. */
#ifndef SERVE_H
#define SERVE_H

struct arena;
struct conf;

int serve_main(struct arena *process, const struct conf *conf);

#endif
