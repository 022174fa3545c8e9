/* The protocol of one order of two units that two attempts may pay, or cash on delivery: pay, settle,
 * expire, cancel, ship in parts, deliver, come back, refund, and a second buyer after the same units.
 * Every atomic block is a transaction under the owner's and the order's locks, as in
 * src/shop/order_event.c, payment_settle.c and refund_send.c; between them the worker may die. The bank
 * is outside and acts whenever it likes. Checked exhaustively by t/75-model.t; each -DNO_… leaves out
 * one guard, and the check must then fail.
 *
 *   spin -a order.pml && cc -DSAFETY -o pan pan.c && ./pan
 */
mtype = { pending, paid, processing, shipped, delivered, returned, canceled };
mtype = { redirected, captured, suspense, failed };
mtype = { nobody, expired, person };
mtype = { none, requested, sent, done, owed, transferred };
                           /* a refund; sent and not busy: its outcome is unknown; done: the bank accepted it */

#define ATTEMPTS 2
#define UNITS 2
mtype order = pending;
mtype why = nobody;        /* why it was canceled */
bool cod = false;          /* to be paid in cash on delivery */
bool cash = false;         /* the courier has collected it */
mtype attempt[ATTEMPTS] = redirected;
bool at_bank[ATTEMPTS];    /* the buyer's money came to the bank */
mtype refund[ATTEMPTS] = none;
byte busy[ATTEMPTS];       /* calls to the bank under way */
byte paid_back[ATTEMPTS];  /* how often the buyer has it back */
bool bounced[ATTEMPTS];    /* the card's bank did not take what the bank had accepted */
byte on_hand = UNITS, reserved = UNITS;
byte mine = UNITS;         /* of the reserved ones, the order's own */
byte out = 0, back = 0;    /* units that left, and that came back to the shelf */
byte other = 0;            /* units the second buyer has got */
bool back_in_cart = false; /* the buyer put an expired order's lines back */
bool given_up = false;     /* a person wants it no more */

inline promise_back(i)
{
    assert(refund[i] == none); /* no refund is promised twice */
    refund[i] = requested;
}

inline refund_what_counts()
{
    if
    :: attempt[0] == captured -> promise_back(0)
    :: attempt[1] == captured -> promise_back(1)
    :: else
    fi
}

inline release()
{
    reserved = reserved - mine;
    mine = 0
}

#ifdef NO_STATE_GUARD
#define MAY_CAPTURE true
#else
#define MAY_CAPTURE (order == pending)
#endif
#ifdef NO_STOCK_CHECK
#define STOCK_IS_THERE true
#else
#define STOCK_IS_THERE (on_hand >= reserved + UNITS)
#endif
#ifdef NO_REASON_CHECK
#define MAY_REVIVE (order == canceled && STOCK_IS_THERE)
#else
#define MAY_REVIVE (order == canceled && why == expired && !back_in_cart && STOCK_IS_THERE)
#endif
#ifdef NO_STALE_GUARD
#define MAY_FAIL(i) (attempt[i] != suspense)
#else
#define MAY_FAIL(i) (attempt[i] == redirected)
#endif
#ifdef NO_SETTLED_GUARD
#define MAY_COUNT(i) true
#else
#define MAY_COUNT(i) (attempt[i] == redirected || attempt[i] == failed)
#endif
#define COUNTED (attempt[0] == captured || attempt[1] == captured)

inline decide(i, said)
{
    if
    :: said && MAY_COUNT(i) ->
        if
        :: MAY_CAPTURE -> attempt[i] = captured; order = paid
        :: else ->
            if
            :: MAY_REVIVE && !COUNTED -> reserved = reserved + UNITS; mine = UNITS; attempt[i] = captured; order = paid; why = nobody
            :: else -> attempt[i] = suspense;
#ifndef NO_SUSPENSE_REFUND
                promise_back(i)
#endif
            fi
        fi
    :: !said && MAY_FAIL(i) -> attempt[i] = failed
    :: else
    fi
}

/* Whoever brings the news, any number of times: the bank is asked, then it is decided, on what may be an old
 * answer by then. */
inline settle(i)
{
    said = at_bank[i];
    if
    :: atomic { decide(i, said); said = false }
    :: said = false /* the worker died between the two */
    fi
}

active proctype buyer_one()
{
    if
    :: at_bank[0] = true
    :: skip
    fi
}

active proctype buyer_two()
{
    if
    :: at_bank[1] = true
    :: skip
    fi
}

/* The reconciler never rests while a payment may still bring news. */
active proctype reconciler()
{
    bool said;
end:
    do
    :: at_bank[0] && attempt[0] != captured && attempt[0] != suspense -> settle(0)
    :: at_bank[1] && attempt[1] != captured && attempt[1] != suspense -> settle(1)
    od
}

active proctype callback()
{
    bool said;
    if
    :: true -> settle(0)
    :: true -> settle(1)
    :: skip
    fi
}

active proctype expiry()
{
    atomic {
        if
#ifdef NO_EXPIRE_GUARD
        :: order == pending || order == paid -> order = canceled; why = expired; release()
#else
        :: order == pending -> order = canceled; why = expired; release()
#endif
        :: skip
        fi
    }
}

#ifdef NO_NOTHING_SHIPPED
#define MAY_CANCEL (order == paid || order == processing)
#else
#define MAY_CANCEL (order == paid || (order == processing && out == 0))
#endif
active proctype canceler()
{
    atomic {
        if
        :: order == pending -> order = canceled; why = person; given_up = true; release()
        :: MAY_CANCEL ->
            order = canceled; why = person; given_up = true; release();
#ifndef NO_CANCEL_REFUND
            refund_what_counts()
#endif
        :: order == canceled && why == expired -> back_in_cart = true; given_up = true
        :: skip
        fi
    }
}

#ifdef NO_COD_GUARD
#define MAY_CONFIRM (order == pending)
#else
#define MAY_CONFIRM (order == pending && cod)
#endif
#ifdef NO_SHIP_GUARD
#define MAY_SHIP ((order == pending || order == processing) && mine > 0)
#else
#define MAY_SHIP (order == processing && mine > 0)
#endif
#ifdef NO_CAME_BACK
#define MAY_CLOSE (order == shipped)
#else
#define MAY_CLOSE (order == shipped && back == out)
#endif
active proctype staff()
{
    if
    :: cod = true
    :: skip
    fi;
    do
    :: atomic { order == paid -> order = processing }
    :: atomic { MAY_CONFIRM -> order = processing }
    :: atomic { MAY_SHIP -> /* a parcel of one unit */
           out++; on_hand--; reserved--; mine--;
           if
           :: mine == 0 -> order = shipped
           :: else
           fi }
    :: atomic { order == shipped && back < out -> back++; on_hand++ }
    :: atomic { order == shipped && back == 0 ->
           order = delivered;
           if
           :: cod && !COUNTED -> cash = true
           :: else
           fi }
    :: atomic { MAY_CLOSE -> order = returned;
#ifndef NO_CLOSE_REFUND
           refund_what_counts()
#endif
       }
    :: break
    od
}

active proctype second_buyer()
{
    if
    :: atomic { on_hand > reserved -> reserved++; other++ }
    :: skip
    fi
}

#ifdef NO_SINGLE_FLIGHT
#define MAY_SEND(i) (refund[i] == requested || refund[i] == sent)
#else
#define MAY_SEND(i) (refund[i] == requested)
#endif

/* Marked as sent and committed, then the call; the worker may die before it, in it and after it. */
inline send(i)
{
    if
    :: atomic { paid_back[i]++; assert(paid_back[i] <= 1); acted = true }
    :: skip
    fi;
    atomic {
        busy[i]--;
        if
        :: acted -> refund[i] = done
        :: skip
        fi;
        acted = false
    }
}

/* Of a refund whose outcome is unknown the bank is asked; it is never simply sent again. */
inline inquire(i)
{
    if
#ifndef NO_INQUIRY
    :: paid_back[i] > 0 -> refund[i] = done
#endif
    :: else -> refund[i] = requested
    fi
}

/* What the bank accepted may fail after all; whoever asks hears it, and decides when it may be old news. */
active proctype card_bank()
{
    if
    :: atomic { paid_back[0] > 0 && refund[0] == done -> paid_back[0]--; bounced[0] = true }
    :: atomic { paid_back[1] > 0 && refund[1] == done -> paid_back[1]--; bounced[1] = true }
    :: skip
    fi
}

#ifdef NO_FOLLOW_GUARD
#define MAY_BOUNCE(i) (refund[i] != owed)
#else
#define MAY_BOUNCE(i) (refund[i] == done)
#endif
inline follow(i)
{
    if
    :: atomic { MAY_BOUNCE(i) -> refund[i] = owed }
    :: atomic { !MAY_BOUNCE(i) -> skip }
    fi
}

active proctype clerk()
{
end:
    do
    :: atomic { refund[0] == owed -> paid_back[0]++; assert(paid_back[0] <= 1); refund[0] = transferred }
    :: atomic { refund[1] == owed -> paid_back[1]++; assert(paid_back[1] <= 1); refund[1] = transferred }
    od
}

active [2] proctype refunder()
{
    bool acted;
end:
    do
#ifndef NO_FOLLOW
    :: refund[0] == done && bounced[0] -> follow(0)
    :: refund[1] == done && bounced[1] -> follow(1)
#endif
    :: atomic { MAY_SEND(0) -> refund[0] = sent; busy[0]++ }; send(0)
    :: atomic { MAY_SEND(1) -> refund[1] = sent; busy[1]++ }; send(1)
    :: atomic { refund[0] == sent && busy[0] == 0 -> inquire(0) }
    :: atomic { refund[1] == sent && busy[1] == 0 -> inquire(1) }
    od
}

/* When nothing more can happen. */
#define HELD(i) (at_bank[i] && paid_back[i] == 0)
#define PAID_FOR (HELD(0) || HELD(1))
active proctype observer()
{
    timeout;
    /* money is never kept for nothing: it counts for one live order, and only once */
    assert(!(HELD(0) && HELD(1)));
    assert(!PAID_FOR || order == paid || order == processing || order == shipped || order == delivered);
    /* goods never leave unpaid, unless the courier collects */
    assert(out == back || PAID_FOR || cod);
    assert(!(order == paid || (order == processing && !cod)) || PAID_FOR);
    assert(order != delivered || PAID_FOR || cash);
    /* what a person gave up does not come to life again, nothing is canceled that has left */
    assert(!given_up || order == canceled);
    assert(order != canceled || out == 0);
    /* every refund arrived, none without money */
    assert(refund[0] == none || refund[0] == done || refund[0] == transferred);
    assert(refund[1] == none || refund[1] == done || refund[1] == transferred);
    assert((paid_back[0] == 0 || at_bank[0]) && (paid_back[1] == 0 || at_bank[1]));
    /* stock is neither lost nor sold twice */
    assert(reserved <= on_hand);
    assert(on_hand + out - back == UNITS);
    assert(reserved == other + mine);
    assert(mine == 0 || order == pending || order == paid || order == processing);
}
