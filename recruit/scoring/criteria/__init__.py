"""The kinds of criteria: one module each holds what it asks for, how it is read, and how it looks at a firm."""
