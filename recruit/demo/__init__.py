"""The whole pipeline on packaged real firms, with a simulated mailbox and a virtual clock."""
