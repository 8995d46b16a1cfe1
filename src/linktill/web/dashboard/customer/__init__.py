"""One customer, new or existing, and the merge of two."""
