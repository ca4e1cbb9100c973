"""CRMs that keep state, on loopback: each checks what it is asked against what the vendor publishes."""
