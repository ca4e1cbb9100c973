"""Tells what kind of business a firm is, from the sentences in which it introduces itself.

Only the introduction counts: what stands further down (jobs, tools, benefits, news) names the same words of
other things. A kind of work ("web development") needs words that offer it; a field ("fintech") needs words of
its purpose; whoever works for clients does not sell a product merely by naming one.
"""

import re
from collections.abc import Iterable, Iterator

_MOST_TEXT = 900  # characters of an introduction
_FIRST = 500  # characters in which its field is named, if it is
_FEWEST_WORDS = 5
# Lines below which nothing introduces the firm any more.
_OTHER_PART = re.compile(
    r"^(?:remote status|region|company (?:size|technologies)|technolog(?:y|ies)|office locations?|how to apply|hiring.*"
    r"|careers?|jobs?|open (?:positions|roles)|benefits|perks|team|our team|news|blog|contact|faq|kontakt|karriere"
    r"|stellenangebote|aktuelles)$",
    re.IGNORECASE,
)

_WORK = r"(?:development|engineering|design|consult(?:ing|ancy)|services?|solutions?|outsourcing|agency|studio|integration)"
_FOR_CLIENTS = re.compile(
    r"\b(?:agency|studio|consultanc(?:y|ies)|consulting|our clients?|for clients|clients (?:include|are|range|all)|(?:over|than)"
    r" [0-9,]+ clients|(?:dev(?:elopment)?|software|design|engineering|web|digital|product) (?:shop|house|firm|partner|team for)"
    r"|outsourc\w+|custom (?:software|applications?|digital|web|solutions)|bespoke|staff augmentation|"
    rf"(?:web|software|app|product|mobile|e-?commerce|technology)[\w /&,-]{{0,40}}{_WORK} (?:company|services|provider|partner|firm|agency)"
    r"|we (?:design|build|craft|create|develop|make)[^.]{0,60} (?:for|with) (?:our |startups|companies|brands|clients|businesses)"
    r"|professional services|services company|it services|agentur|systemhaus|beratung|it-dienstleist\w+|unsere kunden|agence|conseil|nos clients|consultor[ai]a?|nuestros clientes)\b",
    re.IGNORECASE,
)
_THING = (
    r"(?:platforms?|apps?|applications?|tools?|software|systems?|suite|saas|api|crm|chatbot|dashboard|product|products"
    r"|password manager|service desk|marketplace software|infrastructure|engine|solutions?|vpn|analytics|toolkit|sdk|cms|alternative to|lms)"
)
_PRODUCT = re.compile(
    rf"\b(?:is|are) (?:an?|the|one of the)\b[^.;]{{0,110}}\b{_THING}\b"
    rf"|\b(?:provides?|offers?|builds?|makes?|develops?|creates?|delivers?|specialize in)\b[^.;]{{0,70}}\b{_THING}\b"
    rf"|\b(?:our|their|its|the core|flagship) (?:[\w-]+ ){{0,3}}{_THING}\b"
    rf"|\bas an? [^.;]{{0,50}}\b{_THING}\b|\b(?:integrated|simple|free|powerful|intuitive|easy-to-use) {_THING}\b"
    r"|\b(?:saas|software as a service|software company|software[- ]anbieter|cloud-based)\b",
    re.IGNORECASE,
)
# A product that is bought, installed or played, or stands behind a service, is no software as a service.
_NO_SERVICE = re.compile(
    r"\b(?:plug-?ins?|games?|insurance company|bank(?:ing)?|payment|lending|currency|marketplace for|foundation|hardware"
    r"|macos users|database software|database (?:is|server)|food ordering|boot ?camps?|students of|universit\w+ of)\b",
    re.IGNORECASE,
)


def _of(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)


# Forms of service, which are sold to clients.
_SERVICES = {
    "consulting": _of(r"consult(?:ing|ancy|ancies|ants? (?:to|for|who))|advisory|\w*beratung|conseil(?: en)?|consultor[ií]a|consulenza|advies"),
    "agency": _of(r"(?:[\w-]+ )?agency|(?:design|development|digital|creative|software|product|web|app|venture) studio|\w*agentur|agence|agencia"),
    "software development": _of(
        r"(?:custom|bespoke|tailor-made|modern) (?:software|applications?)|(?:software|applications?|product|low-code|agile)"
        r"[\w /&,-]{0,30}(?:development|engineering)(?: (?:services?|company|agency|studio|team|firm|partner))?|software house"
        r"|(?:built|build|building|builds|create|creates|develop|develops|engineer) (?:[\w-]+ ){0,3}(?:software|applications|mvps?)"
        r"|development (?:agency|studio|shop|house|company)|engineering services|softwareentwicklung|individualsoftware|développement logiciel|desarrollo de software|legacy (?:code|software)|existing code|digital (?:products|services)"
    ),
    "web development": _of(
        r"web agency|webentwicklung|webdesign|développement web|desarrollo web|"
                r"web(?:site)?[\w /&,-]{0,20}(?:development|design|applications?|apps?|solutions)|websites|wordpress|drupal|shopify"
        r" (?:agency|experts?|partner|stores)|content platforms"
    ),
    "mobile apps": _of(r"mobile[\w /&,-]{0,20}(?:apps?|applications?|development)|(?:ios|android) (?:apps?|development)|app development"),
    "design": _of(
        r"(?:product|interface|ux|ui/ux|ui|web|visual|service|digital|graphic|experience|brand)[\w /&,-]{0,25}design(?:ers)?"
        r"|design (?:firm|agency|studio|consult\w+|services)|we design|user experience"
    ),
    "support": _of(r"(?:builds? and|development and|maintenance and) supports?|24/7 support|support services|maintenance"),
    "managed services": _of(r"managed (?:it |cloud )?services?|msp|infrastructure management|(?:it|business process) outsourcing"),
    "systems integration": _of(r"systems? integrat(?:ion|ors?)|systemhaus|integration services"),
    "cloud migration": _of(r"cloud migrations?|cloud adoption|migrat\w+ to the cloud"),
}  # fmt: skip
_LENDING = _of(
    r"staff(?:ing)? augmentation|(?:embedded|dedicated|managed|extended) (?:dev |development |engineering )?teams?|talent"
    r" (?:network|marketplace|platform|pool)|(?:hire|find|match\w*|connect\w*)[^.]{0,50}(?:developers|freelancers|engineers|talent)"
    r"|freelance (?:network|marketplace|developers)|recruiting team|on-demand (?:talent|developers|engineers)|outsource to a team"
    r"|top [0-9]+ ?% of"
)
# Fields, by the purpose of what is sold.
_FIELDS = {
    "fintech": _of(
        r"payments?|banking|(?:p2p |online )?lending|insurance|invest(?:ing|ment platform)|fintech|financial (?:technology"
        r"|services? company|wellness|products)|accounting|tax (?:management|compliance|software)|sales tax|invoicing|crypto\w*|digital currency"
        r"|currency exchange|pay later|bookkeeping|payroll|blockchain (?:payments|finance)|trading platform"
    ),
    "education": _of(
        r"online learning|e-?learning|education(?:al)?|students?|learners?|bootcamps?|learn(?:s|ing)? (?:english|to code|platform|paths?)"
        r"|courses?|universit(?:y|ies)|schools?|colleges?|teach(?:ers|ing)?|tutors?|edtech"
    ),
    "training": _of(
        r"(?:coding |programming )?boot ?camps?|training (?:courses?|programs?|provider|partner|company|for)|(?:provid|offer)\w* [^.]{0,40}"
        r"training|courses|coaching|certification programs?|schulungen|weiterbildung(?:en)?|formations?|formación|mentors?(?:hip)?"
    ),
    "healthcare": _of(r"health ?care|(?:digital|mental|public|virta) health|medical|patients?|clinical(?:ly)?|doctors?|hospitals?|therap(?:y|ists?)|telemedicine|diabetes|gesundheitswesen|medizin\w*|santé|salud"),
    "games": _of(r"(?:video|mobile|online|social|casual)?[ -]?games|game (?:studio|developer|development)|gaming|esports"),
    "security": _of(
        r"(?:cyber|information|application|cloud|data|network|it|web|email|identity)[ -]?security|security (?:audits?|platform|company|software"
        r"|solutions?|testing|and)|password manager|penetration test\w*|threats?|malware|zero[- ]trust|vpn|encrypt\w+|vulnerabilit(?:y|ies)"
        r"|secures|identity (?:management|platform)|fraud detection|(?:it-|cyber|informations)-?sicherheit|cybersécurité|ciberseguridad|supply chain management company"
    ),
    "devops": _of(
        r"devops (?:platform|tools?|consult\w*|services?|compan\w+|partner)|ci/cd|observability|(?:container|kubernetes|infrastructure)"
        r" (?:monitoring|automation|platform|security)|incident (?:management|response)|infrastructure as code|site reliability"
    ),
    "digital marketing": _of(
        r"(?:digital|inbound|content|email|online|social media|performance|growth|search engine|affiliate|influencer|loyalty)?[ -]?marketing"
        r"|seo|online-?marketing|advertising|social media (?:management|tools?)|ad tech|adtech|lead generation|fan engagement|brand(?:s)? awareness"
    ),
    "data engineering": _of(
        r"databases?|data (?:pipelines?|platform|collection|extraction|warehous\w+|integration|infrastructure|engineering|processing)|web"
        r" (?:scraping|crawling|data)|big data|etl|data points"
    ),
    "data science": _of(
        r"(?:data|web|product|business|workforce|customer|people|predictive)[ -]analytics|analytics (?:software|platform|tools?|infrastructure)"
        r"|business intelligence|artificial intelligence|(?:immersive |smart |latest )?ai (?:solutions?|experiences|platform|technology|company|models?)"
        r"|machine learning|data science|data-driven insights?|predictive models?|buying insights?|deep learning"
    ),
    "ecommerce": _of(
        r"e-?commerce|online (?:stores?|shops?|shopping|marketplaces?|food ordering)|food ordering|marketplace(?= (?:for|where|to buy|that))"
        r"|online sellers|online grocer\w*|shopify|woocommerce|magento|point[- ]of[- ]sale|sell online|onlineshops?|online-handel|online retail\w*"
    ),
    "hosting": _of(
        r"(?:web|cloud|wordpress|managed|application|drupal|site)[ -]?hosting|hosting (?:platform|provider|company|services?|solutions)|host"
        r" (?:sites|websites|applications)|content delivery|cdn|platform[- ]as[- ]a[- ]service|paas|cloud platform for"
    ),
    "open source": _of(r"open[- ]source(?! (?:engineers|enthusiasts|contribut\w+))"),
}  # fmt: skip


def introduction(lines: Iterable[str]) -> str:
    """Return the sentences in which a page introduces its firm: the first lines of prose."""
    said: list[str] = []
    for line in lines:
        if _OTHER_PART.match(line.strip(" :")):
            break
        if len(line.split()) >= _FEWEST_WORDS:
            said.append(line)
        if sum(map(len, said)) > _MOST_TEXT:
            break
    return "\n".join(said)[: _MOST_TEXT * 2]


def find_trades(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds of business that an introduction tells, each with the words that tell it."""
    serves = _FOR_CLIENTS.search(text)
    if serves:
        for trade, pattern in _SERVICES.items():
            if match := pattern.search(text):
                yield trade, match[0]
    elif match := _SERVICES["consulting"].search(text):
        yield "consulting", match[0]
    if match := _LENDING.search(text):
        yield "staff augmentation", match[0]
    for trade, pattern in _FIELDS.items():
        if match := pattern.search(text, 0, _FIRST):
            yield trade, match[0]
    product = _PRODUCT.search(text)
    if product and not serves and not _NO_SERVICE.search(text):
        yield "saas product", product[0]
