"""The card's state machine, whole: every state x action x role of lv.transition, through the protocol."""

import itertools

import harness
from test_transitions import Walk, imported

YEAR = 2025


class Card:
    """A card of D01 in group G01. Nobody makes one: it is there, one a year."""

    subject = "card"
    firsts = ()
    states = ("computed", "objected", "answered", "signed")
    actions = {"object", "answer", "sign"}

    def __init__(self, case):
        # Each year of D01's mandate is a card of its own.
        self.years = itertools.count(1961)
        case.centre.sql("update data.mandate set starts_on = '1954-01-01'")
        # The chair signs only the cards of who leads a group: D01 leads one where the chair tries.
        self.leading = f"""
            insert into data.post (town_id, person_id, role, starts_on, group_id)
            select {harness.TOWN}, p.person_id, 'group_leader', '2000-01-01', g.group_id
            from data.person as p join data.deputy_group as g on (g.town_id, g.code) = (p.town_id, 'G02')
            where (p.town_id, p.code) = ({harness.TOWN}, 'D01') on conflict do nothing"""
        self.mandate = imported("mandates", "ZD01")

    def reach(self, case, state, action=None, role=None):
        if role == "chair":
            case.centre.sql(self.leading)
        card = Record(self.mandate, next(self.years))
        if state in ("objected", "answered"):
            self.act(case, card, "object", "deputy")
        if state == "answered":
            self.act(case, card, "answer", "office")
        if state == "signed":
            self.act(case, card, "sign", "leader")
            if action == "sign":  # only once the records have changed
                case.centre.sql("update data.person set occupation = concat(occupation, '农') where code = 'D01'")
        return card

    def act(self, case, card, action, role):
        return case.do(role, "MoveCard", mandate_id=card.mandate, year=card.year, action=action, note="说明原因")

    def state_of(self, case, card):
        return case.do("office", "GetCard", mandate_id=card.mandate, year=card.year)["card"]["state"]


class Record:
    def __init__(self, mandate, year):
        self.mandate, self.year = mandate, year


class CardTransitions(Walk):
    def steps(self, record):
        return self.centre.count(
            "step as s", f"exists (select from data.card as c where c.card_id = s.record_id and c.year = {record.year})")

    def test_cards(self):
        self.walk(Card(self))
