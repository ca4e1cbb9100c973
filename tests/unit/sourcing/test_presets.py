import pytest

from recruit.sourcing.labels import TARGETS
from recruit.sourcing.mapping import MappingError
from recruit.sourcing.presets import PRESETS, find_preset

# Heads as their exporters write them.
HEADERS = {
    "sales-navigator-leads": [
        (
            "First Name,Last Name,Full Name,Title,Email,Linkedin URL,Location,Company Name,Company Domain,"
            "Company Linkedin URL,Company Industry,Company Employee Range,Company Headquarters,Company Founded"
        ),
        (
            "profileUrl,fullName,firstName,lastName,companyName,title,companyId,companyUrl,regularCompanyUrl,summary,"
            "industry,companyLocation,location,durationInRole,vmid,linkedInProfileUrl,timestamp"
        ),
        (
            "first_name,last_name,title,email,company,company_domain,company_industry,company_size,"
            "company_founded,company_location,company_linkedin,linkedin,location"
        ),
        "LinkedIn Profile URL,First Name,Last Name,Current Position,Current Company,Company Website,Connection Degree",
    ],
    "sales-navigator-accounts": [
        "Company Name,LinkedIn Company URL,Website,Industry,Headcount,HQ Location,Founded",
        "companyName,description,industry,companyUrl,regularCompanyUrl,employeeCountRange,companyId,isHiring,timestamp",
        "Account Name,Sales Navigator URL,Company Website,Industry,Employee Count,Headquarters,Year Founded",
    ],
    "apollo-companies": [
        (
            "Company,Company Name for Emails,Account Stage,# Employees,Industry,Website,Company Linkedin Url,Facebook Url,"
            "Twitter Url,Company Street,Company City,Company State,Company Country,Company Phone,Technologies,"
            "Short Description,Founded Year,Apollo Account Id"
        ),
    ],
    "apollo-people": [
        (
            "First Name,Last Name,Title,Company,Company Name for Emails,Email,Email Status,Seniority,Departments,"
            "Corporate Phone,# Employees,Industry,Person Linkedin Url,Website,Company Linkedin Url,Company City,"
            "Company Country,Apollo Contact Id"
        ),
    ],
    "hubspot-companies": [
        (
            "Record ID,Company name,Company owner,Create Date,Phone Number,Last Activity Date,City,Country/Region,"
            "Industry,Company Domain Name"
        ),
    ],
    "salesforce-accounts": [
        "Id,Name,BillingStreet,BillingCity,BillingState,BillingPostalCode,BillingCountry,Phone,Website,NumberOfEmployees",
        "Account Name,Billing City,Billing State/Province,Billing Country,Employees,Industry,Account ID",
    ],
    "crunchbase-companies": [
        (
            "Organization Name,Organization Name URL,Founded Date,Number of Employees,Headquarters Location,Industries,"
            "Website,CB Rank (Company)"
        ),
    ],
    "companies-house": [
        (
            "CompanyName, CompanyNumber,RegAddress.CareOf,RegAddress.POBox,RegAddress.AddressLine1,RegAddress.PostTown,"
            "RegAddress.County,RegAddress.Country,RegAddress.PostCode,CompanyCategory,CompanyStatus,CountryOfOrigin,"
            "IncorporationDate,SICCode.SicText_1"
        ),
    ],
    "gleif": [
        "LEI,Entity.LegalName,Entity.HeadquartersAddress.City,Entity.HeadquartersAddress.Country"
    ],
    "opencorporates": ["company_number,jurisdiction_code,name,incorporation_date,company_type"],
}


@pytest.mark.parametrize(
    ("name", "header"), [(name, header) for name, all_ in HEADERS.items() for header in all_]
)
def test_an_export_is_known_by_its_columns(name: str, header: str) -> None:
    found = find_preset(header.split(","))
    assert found is not None
    assert found.name == name
    assert found.mapping_for(header.split(",")).columns["name"]


@pytest.mark.parametrize(
    "header",
    ["name,website,city", "Company,Country,Employees", "Firma,Ort", "id,name,url,description", ""],
)
def test_an_ordinary_list_is_taken_for_none(header: str) -> None:
    assert find_preset(header.split(",")) is None


def test_a_leads_own_place_and_mail_are_not_the_firms() -> None:
    header = HEADERS["sales-navigator-leads"][0].split(",")
    preset = find_preset(header)
    assert preset is not None
    mapping = preset.mapping_for(header)
    assert "Location" in mapping.ignored
    assert mapping.columns["person_email"] == ("Email",)
    assert "email" not in mapping.columns
    assert mapping.columns["place"] == ("Company Headquarters",)


def test_the_number_in_a_register_is_kept_as_such() -> None:
    header = HEADERS["companies-house"][0].split(",")
    preset = find_preset(header)
    assert preset is not None
    assert preset.mapping_for(header).columns["registry_id"] == (" CompanyNumber",)
    assert preset.default_country == "GB"


def test_a_preset_that_there_is_none_of_is_refused_with_the_known_ones() -> None:
    with pytest.raises(MappingError, match=r"no preset 'x'\. Known: apollo-people"):
        find_preset(["name"], name="x")
    with pytest.raises(MappingError, match="no column for the firm's name"):
        find_preset(["a", "b"], name="hubspot-companies")


def test_every_preset_names_only_fields_that_there_are() -> None:
    for preset in PRESETS:
        assert set(preset.columns) <= set(TARGETS), preset.name
        assert preset.needs, preset.name
