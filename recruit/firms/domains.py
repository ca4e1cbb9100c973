"""Domains: which host names identify a firm, and which are rooms that anybody can rent."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from tldextract import TLDExtract

from recruit.firms.words import word_set

# No list is fetched and none is kept on disk: the one in the package decides.
_extract = TLDExtract(suffix_list_urls=(), cache_dir=None)


# Social networks, app shops, directories, code hosts, page builders, link collections.
SHARED_DOMAINS = word_set(
    "about.me amazon.com amazonaws.com angel.co apple.com azurewebsites.net behance.net bit.ly"
    " bitbucket.org blogger.com blogspot.com business.site carrd.co cloudfront.net clutch.co cncf.io"
    " crunchbase.com discord.com discord.gg dribbble.com eventbrite.com facebook.com fb.com"
    " firebaseapp.com fly.dev framer.website ghost.io gitbook.io github.com github.io gitlab.com"
    " gitlab.io glassdoor.com godaddysites.com goo.gl google.com gumroad.com heroku.com herokuapp.com"
    " hubspotpagebuilder.com hubspotpagebuilder.eu indeed.com instagram.com jimdo.com jimdofree.com"
    " jimdosite.com kununu.com linkedin.com linktr.ee mailchi.mp mastodon.social medium.com meetup.com"
    " microsoft.com mystrikingly.com myshopify.com netlify.app netlify.com notion.site notion.so"
    " onrender.com ow.ly pages.dev patreon.com pinterest.com producthunt.com quora.com"
    " readthedocs.io reddit.com render.com salesforce-sites.com site123.me slack.com slideshare.net"
    " snapchat.com sourceforge.net squarespace.com stackoverflow.com strikingly.com substack.com"
    " t.co t.me telegram.me telegram.org tiktok.com tripadvisor.com trustpilot.com tumblr.com"
    " twitch.tv twitter.com vercel.app vimeo.com vk.com web.app webflow.io weebly.com weebly.site"
    " whatsapp.com wikipedia.org wix.com wixsite.com wixstudio.com wordpress.com wordpress.org"
    " workers.dev x.com xing.com yelp.com yolasite.com youtu.be youtube.com"
)

# Mail boxes for anybody, and those that come with an internet line.
SHARED_MAIL_DOMAINS = SHARED_DOMAINS | word_set(
    "126.com 163.com aol.com arcor.de att.net bell.net bigpond.com bluewin.ch bol.com.br btinternet.com"
    " btconnect.com charter.net comcast.net cox.net earthlink.net fastmail.com free.fr freenet.de"
    " freemail.hu gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk"
    " hotmail.com hotmail.de hotmail.fr hushmail.com icloud.com interia.pl laposte.net libero.it"
    " live.com mac.com mail.com mail.ru me.com mindspring.com msn.com naver.com ntlworld.com o2.pl"
    " online.de online.no onet.pl optonline.net orange.fr outlook.com outlook.de pm.me post.cz"
    " proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com rogers.com sapo.pt"
    " sbcglobal.net seznam.cz sfr.fr shaw.ca sky.com skynet.be swissonline.ch sympatico.ca t-online.de"
    " telenet.be telia.com terra.com.br tin.it tiscali.it tutanota.com uol.com.br verizon.net"
    " virgilio.it virginmedia.com wanadoo.fr web.de wp.pl xs4all.nl yahoo.co.in yahoo.co.jp"
    " yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru ymail.com zoho.com"
)


# Longer ones are refused by the domain name system itself.
_LONGEST_LABEL = 63
# What most addresses look like: no account, no port, nothing but letters of ASCII.
_PLAIN = re.compile(r"(?:https?://|[^@/\s]+@)?((?:[a-z0-9-]{1,63}\.)+[a-z]{2,})(?:[/?#]|$)")


@lru_cache(maxsize=65536)
def registrable_domain(address: str | None) -> str | None:
    """Return the domain that somebody registered, out of a URL, a host or an e-mail address.

    `https://www.shop.acme.co.uk/x` gives `acme.co.uk`. An IP address or a single word gives None. An
    ending that the public suffix list lacks (`.example`) counts as one label.
    """
    if not address:
        return None
    plain = _PLAIN.match(address.strip().lower())
    if plain and (domain := _plainly_registered(plain[1])):
        return domain
    host = _host(address.strip())
    if not host or "." not in host or max(map(len, host.split("."))) > _LONGEST_LABEL:
        return None
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return None
    parts = _extract(host)
    if parts.suffix:
        return f"{parts.domain}.{parts.suffix}" if parts.domain else None
    return ".".join(host.split(".")[-2:])


def _plainly_registered(host: str) -> str | None:
    """Return the registrable domain of a plain host where its ending is one that allows no doubt."""
    endings, doubtful = _public_suffixes()
    labels = host.split(".")
    tail = labels[-2] + "." + labels[-1]
    if labels[-1] in endings and tail not in doubtful and labels[-1] not in doubtful:
        return tail
    return None


@lru_cache(maxsize=1)
def _public_suffixes() -> tuple[frozenset[str], frozenset[str]]:
    """Return the endings of one label, and the one or two last labels of all longer ones."""
    rules = _extract.tlds
    single = frozenset(rule for rule in rules if "." not in rule)
    longer = {".".join(rule.lstrip("!").split(".")[-2:]) for rule in rules if "." in rule}
    wild = {rule.split(".")[-1] for rule in longer if rule.startswith("*.")}
    return single, frozenset(longer | wild)


def _host(address: str) -> str | None:
    if "@" in address and "/" not in address:
        address = address.rsplit("@", 1)[1]
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return None
    if not host:
        return None
    try:
        return host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.rstrip(".").lower()


def identifying_domain(website: str | None, compact_name: str = "") -> str | None:
    """Return the registrable domain of a website where it is the firm's own, None on rented ground.

    The landlord itself is known by its name: `GitHub` (compact name `github`) at github.com.
    """
    domain = registrable_domain(website)
    if domain in SHARED_DOMAINS and domain_label(domain) != compact_name:
        return None
    return domain


def identifying_mail_domain(email: str | None) -> str | None:
    """Return the domain of an e-mail address where it may be the firm's own."""
    domain = registrable_domain(email)
    return None if domain in SHARED_MAIL_DOMAINS else domain


def domain_label(domain: str | None) -> str | None:
    """Return what was registered without its ending: `acme` for acme.co.uk."""
    return domain.split(".", 1)[0] if domain else None
