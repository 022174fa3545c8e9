/* `tarazu doctor`: proves on the live shop that stock, coupons and money add up (doctor.def). Every
 * proof is a statement that gives the offending rows, all of them see one moment of the database,
 * and nothing is changed: it runs as the role that may only read. */
#ifndef SHOP_DOCTOR_H
#define SHOP_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct view;

/* A proof that no single statement can give. Adds an offending row with doctor_found; *note (NULL on
 * entry) may be set to what is worth telling in any case. */
typedef enum err doctor_fn(struct op *op, struct view *rows, const char **note);
void doctor_found(struct view *rows, const char *what, const char *detail);

struct doctor_proof {
    const char *id, *title, *remedy;
    doctor_fn *run;
    bool warning; /* what it finds is worth a look, but no word is broken */
};

/* `tarazu doctor [--json]`; `more` are proofs of the layers above. Exit status: 0 all is well (there
 * may be warnings), 1 something is not, 2 it could not be checked. */
int doctor_main(struct op *op, int argc, char **argv, const struct doctor_proof *more, size_t more_count);

#endif
