"""One thin file of tasks a stage; `SWEEPS` names those that run on a schedule.

A sweep's number is its interval in units of the setting RECRUIT_SWEEP_EVERY_S.
"""
