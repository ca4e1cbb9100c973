"""The port to a customer's CRM, the mapping as data, the merge as a rule, and the adapters."""
