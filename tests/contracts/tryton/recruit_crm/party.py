"""What Recruit tells of a party, and the activities."""

from trytond.model import DeactivableMixin, ModelSQL, ModelView, Unique, fields
from trytond.pool import PoolMeta

TEXTS = (
    "domain website phone street postcode city region country stage profile sequence exit_reason "
    "owner email job_title"
)
LONG_TEXTS = "specialties certifications partnerships score_reasons certificates"
NUMBERS = "employees_low employees_high founded_year certified_people open_opportunities"
MOMENTS = "last_touch_at last_reply_at agreement_signed_at"


class Party(metaclass=PoolMeta):
    """A company, or a person (`recruit_person`) of one."""

    __name__ = "party.party"
    recruit_id = fields.Char("Recruit ID", size=80)
    recruit_person = fields.Boolean("Recruit: is a person")
    recruit_score = fields.Float("Recruit: score")
    recruit_certified_until = fields.Date("Recruit: certified until")
    recruit_is_customer = fields.Boolean("Recruit: is a customer")
    recruit_opted_out = fields.Boolean("Recruit: opted out")
    recruit_company = fields.Many2One("party.party", "Recruit: company")
    for _names, _make in (
        (TEXTS, lambda title: fields.Char(title, size=255)),
        (LONG_TEXTS, fields.Text),
        (NUMBERS, fields.Integer),
        (MOMENTS, fields.DateTime),
    ):
        for _name in _names.split():
            locals()[f"recruit_{_name}"] = _make(f"Recruit: {_name.replace('_', ' ')}")
    del _names, _make, _name

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints.append(
            (
                "recruit_id_unique",
                Unique(table, table.recruit_id, table.recruit_person),
                "party.msg_party_code_unique",
            )
        )


class Activity(DeactivableMixin, ModelSQL, ModelView):
    """Something that happened between us and a party."""

    __name__ = "recruit.activity"
    recruit_id = fields.Char("Recruit ID", size=80)
    company = fields.Many2One("party.party", "Company")
    contact = fields.Many2One("party.party", "Contact")
    kind = fields.Char("Kind", size=255)
    subject = fields.Char("Subject", size=1000)
    text = fields.Text("Text")
    outcome = fields.Text("Outcome")
    at = fields.DateTime("At")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints = [
            ("recruit_id_unique", Unique(table, table.recruit_id), "party.msg_party_code_unique")
        ]
