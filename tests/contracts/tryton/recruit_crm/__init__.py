"""Recruit's module for a Tryton server: the fields and the model that its adapter speaks of.

It runs in Tryton's own process and is no part of Recruit. To use it, copy this folder into the server's
`trytond/modules/recruit_crm` and activate the module `recruit_crm`.
"""

from trytond.pool import Pool

from . import party


def register():
    """Add the fields and the model."""
    Pool.register(party.Party, party.Activity, module="recruit_crm", type_="model")
