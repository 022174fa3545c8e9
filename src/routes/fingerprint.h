/* What makes two requests the same: method, path and the decoded input, whatever the order of its
 * members or its encoding. Worker processes. */
#ifndef ROUTES_FINGERPRINT_H
#define ROUTES_FINGERPRINT_H

struct request;

/* SHA-256, hex. Fields of the transport (_method, _idempotency_key, altcha) do not count. */
const char *request_fingerprint(struct request *req);

#endif
