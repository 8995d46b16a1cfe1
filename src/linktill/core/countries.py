"""The countries that people live in and send things to.

Source: ISO 3166-1 alpha-2, officially assigned codes, and XK (Kosovo), which postal services and gateways use. Left out: what
nobody lives in (AQ, BV, HM, TF).
"""

from typing import Final

COUNTRIES: Final = frozenset(
    "AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH "
    "MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK "
    "PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ "
    "TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM "
    "ZW".split()
)
WITHOUT_POSTAL_CODES: Final = frozenset(
    """
    AE AG AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GD GH GM GQ GY HK KI KM KN KP LY ML MO MR MW NR NU QA
    RW SB SC SL SR ST SX SY TD TG TK TL TO TV UG VU YE ZW
    """.split()
)
"""Where letters arrive without one, or most people have none (Universal Postal Union, addressing of each country)."""
WITH_STATES: Final = frozenset({"AU", "CA", "US"})
"""Where an address is not whole without its state or province."""
