"""The database: engine, transactions, column types, the outbox and the migrations."""
