-- The slogans' lists as they hold on a day; of one list, if it is named, also all its wordings.
-- by: deputy clerk leader office chair unit auditor
-- effect: none
select r.code, r.label, r.items, r.holds_from as holds_from_on
from lv.rule_set_versions() as r
where
    (:code is null or r.code = :code)
    and (
        coalesce(:history, false)
        or (r.code, r.revision) in (
            select s.code, s.revision
            from rule_sets(coalesce(:on_day_on, today())) as s
            where s.holds_from is not distinct from r.holds_from
        )
    )
order by r.position, r.code, r.holds_from nulls first, r.revision
