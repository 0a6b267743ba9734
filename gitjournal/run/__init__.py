"""From an entry to committed results: plan, claim, dispatch, record; drafts; the sealed test set."""
