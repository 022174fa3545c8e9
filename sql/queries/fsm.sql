-- name: q_transitions_clear :exec ()
DELETE FROM transitions

-- name: q_transition_add :exec (text machine, text from_state, text event, text to_state)
INSERT INTO transitions (machine, from_state, event, to_state) VALUES ($1, $2, $3, $4)

-- name: q_transitions :many ()
SELECT machine, from_state, event, to_state FROM transitions
