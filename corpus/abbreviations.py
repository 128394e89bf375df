"""Abbreviations of leaflets and letters, by what a capital letter after them means.

nupunkt brings a list of its own, learned from law reports; it holds "bed", "leg", "cancer" and
"pen" (Penal Code), after which a leaflet's sentence does end, and it lacks "t.d.s." and "max.".
These few words serve clinical text better, and anyone can read them.
"""

from nupunkt import PunktParameters, PunktSentenceTokenizer

# A name or a number follows: the sentence never ends here.
_LEADING = """
    approx ca cf ch dr drs e.g eq fig figs hon i.e lt messrs mme mr mrs ms mt nos p para paras pp
    prof ref refs rev sec sect st ste v viz vol vols vs
"""

# Doses, times and other words that close a phrase: a capital after one begins a sentence.
_CLOSING = """
    a.c a.m b.d b.d.s b.i.d cap caps cm etc g.p h.s hr hrs i.m i.v kg m.r mcg mg min mins ml mm mmol
    n.b.m no o.d o.m o.n o/d oz p.c p.m p.o p.r p.r.n p.v q.d q.d.s q.i.d s.c s.l s.o.s secs stat
    t.d.s t.i.d tab tabs tbsp tsp u.k wk wks yr yrs
"""

# Either may happen: a sentence ends here only before a word that commonly begins one.
_EITHER = """
    al apr assoc aug ave b.a b.sc blvd co corp d.c dec dept dip ed eds e.u ext feb fri gen inc incl
    inj jan jr jul jun ltd m.d m.sc max mon n.w nov oct ph.d plc pop pt pts rd sep sept sr susp tel
    temp thu thur thurs tue tues u.n u.s u.s.a wed
"""

_BEGINNINGS = """
    a after all also although always an and any are as ask at because before but by call can check
    contact did do does don't each every few for from give go has have he her here his how however
    i if in is it its it's keep many may most my never no nobody not of on once one or other our
    people please put report see she should so some speak stop store take talk tell that the their
    then there these they this those to try use was we were what when where which while who why will
    with women would you your
"""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def tokenizer() -> PunktSentenceTokenizer:
    """Return nupunkt's splitter over the words of this module instead of its own."""
    leading, closing = _LEADING.split(), _CLOSING.split()
    splitter = PunktSentenceTokenizer(
        PunktParameters(
            abbrev_types={*leading, *closing, *_EITHER.split()},
            collocations={(time, day) for time in ("a.m", "p.m") for day in _WEEKDAYS},
            sent_starters=set(_BEGINNINGS.split()),
            # (times seen before a capital, times that ended the sentence)
            abbrev_break_rates=dict.fromkeys(leading, (100, 0))
            | dict.fromkeys(closing, (100, 100)),
        ),
        include_common_abbrevs=False,
    )
    splitter.BREAK_RATE_LOW = 0.0
    return splitter
