"""Pages for anybody: applying to a program, answering a question, checking documents and certificates."""
