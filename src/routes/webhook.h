/* What became of a provider's message, for METRIC_WEBHOOKS. Any process. */
#ifndef ROUTES_WEBHOOK_H
#define ROUTES_WEBHOOK_H

const char *webhook_outcome_name(unsigned outcome);

#endif
