/* The protocol of one order that two attempts may pay: pay, settle, expire, cancel, ship, refund, and a
 * second buyer after the same last unit. Every atomic block is a transaction under the owner's and the
 * order's locks, as in src/shop/order_event.c, payment_settle.c and refund_send.c; the bank is outside and
 * acts whenever it likes. Checked exhaustively by t/75-model.t; each -DNO_… leaves out one guard, and
 * the check must then fail.
 *
 *   spin -a order.pml && cc -DSAFETY -o pan pan.c && ./pan
 */
mtype = { pending, paid, processing, shipped, canceled };
mtype = { created, redirected, captured, suspense, failed };
mtype = { nobody, expired, person };

#define ATTEMPTS 2
mtype order = pending;
mtype why = nobody;        /* why it was canceled */
mtype attempt[ATTEMPTS] = redirected;
bool at_bank[ATTEMPTS];    /* the buyer's money is with the bank */
byte refunds[ATTEMPTS];    /* refunds promised */
bool sent_back[ATTEMPTS];  /* refunds that arrived */
byte on_hand = 1, reserved = 1; /* the order's unit is reserved from its placement on */
byte other = 0;            /* units the second buyer has got */
bool gone = false;         /* the parcel has left */
bool back_in_cart = false; /* the buyer put an expired order's lines back */
bool given_up = false;     /* a person wants it no more */

inline promise_back(i)
{
    refunds[i]++;
}

inline release()
{
    reserved = reserved - 1;
}

#ifdef NO_STATE_GUARD
#define MAY_CAPTURE true
#else
#define MAY_CAPTURE (order == pending)
#endif
#ifdef NO_STOCK_CHECK
#define STOCK_IS_THERE true
#else
#define STOCK_IS_THERE (on_hand > reserved)
#endif
#ifdef NO_REASON_CHECK
#define MAY_REVIVE (order == canceled && STOCK_IS_THERE)
#else
#define MAY_REVIVE (order == canceled && why == expired && !back_in_cart && STOCK_IS_THERE)
#endif
#define COUNTED (attempt[0] == captured || attempt[1] == captured)

/* Whoever brings the news, any number of times. */
inline settle(i)
{
    atomic {
        if
        :: at_bank[i] && (attempt[i] == redirected || attempt[i] == failed) ->
            if
            :: MAY_CAPTURE -> attempt[i] = captured; order = paid
            :: else ->
                if
                :: MAY_REVIVE && !COUNTED -> reserved++; attempt[i] = captured; order = paid; why = nobody
                :: else -> attempt[i] = suspense;
#ifndef NO_SUSPENSE_REFUND
                    promise_back(i)
#endif
                fi
            fi
        :: !at_bank[i] && attempt[i] == redirected -> attempt[i] = failed
        :: else
        fi
    }
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
end:
    do
    :: atomic { at_bank[0] && attempt[0] != captured && attempt[0] != suspense } -> settle(0)
    :: atomic { at_bank[1] && attempt[1] != captured && attempt[1] != suspense } -> settle(1)
    od
}

active proctype callback()
{
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

active proctype canceler()
{
    atomic {
        if
        :: order == pending -> order = canceled; why = person; given_up = true; release()
        :: order == paid || order == processing ->
            order = canceled; why = person; given_up = true; release();
#ifndef NO_CANCEL_REFUND
            if
            :: attempt[0] == captured -> promise_back(0)
            :: attempt[1] == captured -> promise_back(1)
            :: else
            fi
#endif
        :: order == canceled && why == expired -> back_in_cart = true; given_up = true
        :: skip
        fi
    }
}

active proctype staff()
{
    if
    :: atomic { order == paid -> order = processing }
    :: skip
    fi;
    if
#ifdef NO_SHIP_GUARD
    :: atomic { (order == pending || order == processing) -> order = shipped; gone = true; on_hand--; reserved-- }
#else
    :: atomic { order == processing -> order = shipped; gone = true; on_hand--; reserved-- }
#endif
    :: skip
    fi
}

active proctype second_buyer()
{
    if
    :: atomic { on_hand > reserved -> reserved++; other++ }
    :: skip
    fi
}

active proctype refunder()
{
end:
    do
    :: atomic { refunds[0] > 0 && !sent_back[0] -> sent_back[0] = true }
    :: atomic { refunds[1] > 0 && !sent_back[1] -> sent_back[1] = true }
    od
}

/* When nothing more can happen. */
#define MONEY_IS_OWED(i) (at_bank[i] && !sent_back[i])
active proctype observer()
{
    timeout;
    /* money is never kept for nothing: it counts for one live order, and only once */
    assert(!(MONEY_IS_OWED(0) && MONEY_IS_OWED(1)));
    assert(!(MONEY_IS_OWED(0) || MONEY_IS_OWED(1)) || order == paid || order == processing || order == shipped);
    /* goods never leave unpaid */
    assert(!gone || MONEY_IS_OWED(0) || MONEY_IS_OWED(1));
    assert(!(order == paid || order == processing) || MONEY_IS_OWED(0) || MONEY_IS_OWED(1));
    /* what a person gave up does not come to life again */
    assert(!given_up || order == canceled);
    /* no refund is promised twice, none without money */
    assert(refunds[0] <= 1 && refunds[1] <= 1);
    assert((!sent_back[0] || at_bank[0]) && (!sent_back[1] || at_bank[1]));
    /* stock is neither lost nor sold twice */
    assert(reserved <= on_hand);
    assert(on_hand + (gone -> 1 : 0) == 1);
    assert(reserved == other + ((order == pending || order == paid || order == processing) -> 1 : 0));
}
