"""Finds the certifications and vendor partnerships that a page names."""

import re
from collections.abc import Iterator, Sequence

from recruit.sourcing.text import clean, shorten

_STANDARD = re.compile(
    r"\b(?:(?:DIN |EN |BS )*(?:EN )?ISO(?:[ /-]?IEC)? ?(?P<number>[0-9]{4,5})(?:-[0-9])?(?::[0-9]{4})?"
    r"|(?P<name>SOC ?[123](?: Type (?:I{1,2}|[12]))?|PCI[ -]DSS|HIPAA|FedRAMP|TISAX|HDS|SecNumCloud|BSI C5|C5:20[0-9]{2}"
    r"|Cyber Essentials(?: Plus)?|CMMI(?: Level [1-5])?|CSA STAR|ENS Alto|B Corp|ISAE ?3402|FSSC 22000|IATF 16949))(?![\w-])"
)
_HINT = re.compile(
    "ISO|SOC|PCI|HIPAA|FedR|TISAX|HDS|SecN|C5|Cyber E|CMMI|CSA|ENS|B Corp|ISAE|FSSC|IATF"
)
_NEGATED = re.compile(
    r"\b(?:not|no|without|nicht|ohne|kein\w*|sans|sin)\b[^.]{0,25}$", re.IGNORECASE
)
_VENDORS = (
    "Microsoft|AWS|Amazon Web Services|Google Cloud|Google|SAP|Oracle|IBM|Red Hat|VMware|Cisco|Dell(?: Technologies)?|HPE"
    "|Hewlett Packard Enterprise|HP|Lenovo|Citrix|Salesforce|ServiceNow|Adobe|Atlassian|HubSpot|Shopify|Snowflake"
    "|Databricks|Datadog|Splunk|Elastic|MongoDB|Confluent|HashiCorp|GitLab|GitHub|Docker|SUSE|Canonical|Nutanix|NetApp"
    "|Pure Storage|Veeam|Fortinet|Palo Alto Networks|Check Point|Sophos|Trend Micro|CrowdStrike|Zscaler|Okta|F5|Juniper"
    "|Aruba|Sonicwall|WatchGuard|ESET|Kaspersky|Bitdefender|Acronis|DATEV|Odoo|Sage|Infor|Workday|Zendesk|Twilio"
    "|Cloudflare|Akamai|Fastly|Nvidia|Intel|AMD|Siemens|Dassault Systèmes|Autodesk|PTC|UiPath|Celonis|Mendix"
    "|OutSystems|Appian|Pega|Qlik|Tableau|Informatica|Talend|Collibra|MuleSoft|Sitecore|Contentful|Acquia|Magento"
    "|BigCommerce|commercetools|Pimcore|Shopware|TYPO3|Kentico|Umbraco|Rancher|Cloudera|Teradata|Alibaba Cloud|OVHcloud"
    "|Mirantis|Kong|Dynatrace|New Relic|Grafana(?: Labs)?|Nagios|Paessler|Jamf|Apple|Genesys|Avaya|Mitel|3CX|RingCentral"
    "|Xero|QuickBooks|NetSuite|Pipedrive|Zoho|monday\\.com|Asana|Stripe|Adyen|Kubernetes|CNCF|Linux Foundation|Vercel"
    "|Netlify|Sanity|Storyblok|Hyland|OpenText|Ivanti|Matrix42|Commvault|Rubrik|Cohesity|Veritas|Barracuda|Proofpoint"
    "|Mimecast|SentinelOne|Tenable|Qualys|Rapid7|CyberArk|BeyondTrust|SailPoint|Ping Identity|Thales|Entrust"
)  # fmt: skip
_LEVELS = (
    r"(?:Global |Elite |Premier |Platinum |Gold |Silver |Bronze |Diamond |Titanium |Advanced |Select |Registered |Certified"
    r" |Authori[sz]ed |Official |Preferred |Strategic |Solutions? |Consulting |Technology |Channel |Implementation |Service"
    r" |Services |Delivery |Business |Competency |Competence |Ready |Tier[ -][1-3] |Expert |Training |Managed Services? )"
)
_PARTNER = re.compile(
    rf"\b(?P<whole>{_LEVELS}{{0,2}}(?P<vendor>{_VENDORS})(?:[ -]{_LEVELS.replace(' |', '|').replace(' )', ')')}){{0,4}}"
    r"[ -](?P<kind>[Pp]artner(?:in)?|[Rr]eseller|MSP|KCSP|KTP|CSP|VAR|[Dd]istributor|[Ii]ntegrator)\b(?! ?(?:with|mit|program|portal|network|api)))"
    rf"|\b(?P<kind2>{_LEVELS}{{0,3}}[Pp]artner(?:in|s)?) (?:of|von|de|di|van) (?P<vendor2>{_VENDORS})\b"
    rf"|\b(?:partnered|partner|partnership|partnerschaft|partenariat|Partnerschaft) (?:with|mit|avec) (?P<vendor3>{_VENDORS})\b"
)
_WORDS = ("artner", "eseller", "MSP", "CSP", "KTP", "VAR", "istributor", "ntegrator")
_NOT_THEIRS = re.compile(
    r"\b(?:find|become|finden|werden|devenir|trouver|your|ihren?|votre|looking for|wanted|a|any|join)\s+(?:an?\s+|local\s+)?$",
    re.IGNORECASE,
)


def find_certifications(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the standards that lines say are met, in one spelling, each with the words around it."""
    if not _HINT.search("\n".join(lines)):
        return
    for line in lines:
        if not _HINT.search(line):
            continue
        for match in _STANDARD.finditer(line):
            if _NEGATED.search(line[max(0, match.start() - 40) : match.start()]):
                continue
            number = match["number"]
            if number and not 9000 <= int(number) <= 60000:
                continue
            words = shorten(clean(line[max(0, match.start() - 60) : match.end() + 60]), 300)
            yield (f"ISO {number}" if number else clean(match["name"])), words


def find_partnerships(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the vendors' programs that lines name the firm a partner of: "Microsoft Gold Partner"."""
    if not _may_be_partner("\n".join(lines)):
        return
    for line in lines:
        if not _may_be_partner(line):
            continue
        for match in _PARTNER.finditer(line):
            if _NOT_THEIRS.search(line[max(0, match.start() - 30) : match.start()]):
                continue
            if match["vendor"]:
                name = clean(match["whole"])
            elif match["vendor2"]:
                name = f"{match['vendor2']} {clean(match['kind2']).removesuffix('s')}"
            else:
                name = f"{match['vendor3']} Partner"
            words = shorten(clean(line[max(0, match.start() - 60) : match.end() + 60]), 300)
            yield name, words


def _may_be_partner(text: str) -> bool:
    return any(word in text for word in _WORDS)
