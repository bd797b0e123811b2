-- The state machines of meetings, leaves, feedback and suggestions: rules.md section 2, domain.md E2-E4. The one place
-- that says which step leads from where to where and whose step it is. 61_steps.sql holds everybody to it, lvzhi shows
-- it, and the tests walk all of it.

-- `to_states`: where the step leads; {=}: nothing moves; several: the rule in the step's own function decides.
-- `roles` act within their scope: clerks and leaders for their group's records, deputies for their own, units for what
-- was assigned to them.
create view lv.transition with (security_invoker = true) as
select t.subject, t.action, t.from_states, t.to_states, t.roles
from (
    values
    -- Meetings and activities.
    ('meeting', 'plan', '{new}'::text[], '{planned}'::text[], '{clerk,leader,office,chair}'::text[]),
    ('meeting', 'change', '{planned,postponed}', '{=}', '{clerk,leader,office,chair}'),
    ('meeting', 'notify', '{planned}', '{notified}', '{clerk,leader,office,chair}'), -- freezes the roll
    ('meeting', 'add_people', '{notified,open}', '{=}', '{clerk,leader,office,chair}'),
    ('meeting', 'prove_notice', '{notified,open}', '{=}', '{clerk,leader,office,chair}'),
    ('meeting', 'open', '{notified}', '{open}', '{clerk,leader,office,chair}'),
    ('meeting', 'close', '{open}', '{closed}', '{clerk,leader,office,chair}'),
    ('meeting', 'write_minutes', '{open,closed}', '{=}', '{clerk,leader,office}'),
    ('meeting', 'confirm', '{closed}', '{=}', '{leader,chair}'), -- the group leader's; a town meeting's: the chair
    ('meeting', 'send_back', '{closed}', '{=}', '{leader,office,chair}'), -- the minutes need more work
    ('meeting', 'approve', '{closed}', '{approved}', '{office,chair}'),
    ('meeting', 'lock', '{approved}', '{locked}', '{office,chair}'),
    ('meeting', 'cancel', '{planned,notified,postponed,open}', '{cancelled}', '{leader,office,chair}'), -- open: 流会
    ('meeting', 'postpone', '{planned,notified}', '{postponed}', '{clerk,leader,office,chair}'),
    ('meeting', 'replan', '{postponed}', '{planned}', '{clerk,leader,office,chair}'),
    ('meeting', 'ask_correction', '{locked}', '{=}', '{clerk,leader,office}'),
    ('meeting', 'decide_correction', '{locked}', '{=}', '{chair}'),
    -- Leave: one a line of a roll.
    ('leave', 'ask', '{new,withdrawn}', '{pending}', '{deputy,clerk,leader,office}'),
    ('leave', 'approve', '{pending}', '{approved}', '{leader,chair}'), -- a group's meeting: its leader; else the chair
    ('leave', 'refuse', '{pending}', '{refused}', '{leader,chair}'),
    ('leave', 'grant_after_all', '{refused}', '{approved}', '{chair}'),
    ('leave', 'withdraw', '{pending,approved}', '{withdrawn}', '{deputy,clerk}'),
    -- Cards (履职登记卡). Signed again when the records have changed. A leader's own card is the chair's to sign.
    ('card', 'object', '{computed,answered,signed}', '{objected}', '{deputy}'),
    ('card', 'answer', '{objected}', '{answered}', '{office}'),
    ('card', 'sign', '{computed,answered,signed}', '{signed}', '{leader,chair}'),
    -- Feedback.
    ('feedback', 'register', '{new}', '{registered}', '{deputy,clerk,leader,office}'),
    ('feedback', 'register', '{draft}', '{registered}', '{deputy,clerk}'),
    ('feedback', 'submit', '{registered}', '{screening}', '{deputy,clerk}'),
    ('feedback', 'screen', '{registered}', '{screening}', '{office}'),
    ('feedback', 'ask_info', '{registered,screening}', '{need_info}', '{office}'),
    ('feedback', 'give_info', '{need_info}', '{screening}', '{deputy,clerk}'),
    ('feedback', 'give_up', '{need_info}', '{closed}', '{office}'),
    ('feedback', 'merge', '{registered,screening,assigned,accepted,handling,extended}', '{merged}', '{office}'),
    ('feedback', 'unmerge', '{merged}', '{screening}', '{office}'),
    ('feedback', 'explain', '{registered,screening}', '{explained}', '{deputy,leader}'),
    ('feedback', 'redirect', '{registered,screening}', '{redirected}', '{office}'),
    ('feedback', 'promote', '{registered,screening,escalated}', '{promoted}', '{office}'),
    ('feedback', 'assign', '{registered,screening,returned,reopened,escalated}', '{assigned}', '{office}'),
    ('feedback', 'return', '{assigned}', '{returned}', '{unit}'),
    ('feedback', 'accept', '{assigned}', '{accepted}', '{unit}'),
    ('feedback', 'contact', '{accepted,handling,extended,rehandle,escalated}', '{handling,=}', '{unit}'),
    ('feedback', 'ask_extension', '{accepted,handling}', '{=}', '{unit}'),
    ('feedback', 'extend', '{accepted,handling}', '{extended}', '{office,chair}'),
    ('feedback', 'refuse_extension', '{accepted,handling}', '{=}', '{office,chair}'),
    ('feedback', 'reply', '{assigned,accepted,handling,extended,rehandle,escalated}', '{replied}', '{unit}'),
    ('feedback', 'check_reply', '{replied}', '{=}', '{office}'),
    ('feedback', 'send_back', '{replied}', '{handling}', '{office}'),
    ('feedback', 'deliver', '{replied,explained,merged}', '{delivered}', '{deputy,clerk}'),
    ('feedback', 'await_rating', '{delivered}', '{wait_rating}', '{deputy,clerk,office}'), -- the one reminder
    (
        'feedback', 'rate', '{delivered,wait_rating}', '{wait_rating,rehandle,promised,escalated}', '{deputy,clerk}'
    ),
    ('feedback', 'keep_promise', '{promised}', '{closed}', '{office}'),
    ('feedback', 'break_promise', '{promised}', '{escalated}', '{office}'),
    (
        'feedback', 'escalate', '{assigned,returned,accepted,handling,extended,replied,rehandle,promised}',
        '{escalated}', '{chair}'
    ),
    ('feedback', 'supervise', '{escalated}', '{handling}', '{chair}'),
    ('feedback', 'close', '{redirected,promoted,wait_rating,escalated,replied}', '{closed}', '{office}'),
    ('feedback', 'reopen', '{closed}', '{reopened}', '{deputy,clerk,office}'),
    ('feedback', 'resume', '{reopened}', '{handling}', '{office}'),
    ('feedback', 'withdraw', '{draft,registered,screening,need_info}', '{withdrawn}', '{deputy,clerk}'),
    (
        'feedback', 'void',
        '{draft,registered,screening,need_info,merged,explained,redirected,promoted,assigned,returned,accepted,'
        'handling,extended,replied,delivered,wait_rating,rehandle,promised,escalated,closed,reopened}',
        '{void}', '{office}'
    ),
    -- Attachments: who may add to a record and who added it, in 64_attachment.sql.
    ('attachment', 'add', '{new}', '{kept}', '{deputy,clerk,leader,office,chair,unit}'),
    ('attachment', 'void', '{kept}', '{void}', '{deputy,clerk,leader,office,chair,unit}'),
    -- Cases of the three nots: domain.md E1.7. In a case of their own everybody is its deputy.
    (
        'case', 'compute',
        '{new,data_check,checked,notified,wait_statement,review,decision,help_plan,cleared,carried,closed,reopened}',
        '{data_check,closed,=}', '{office,chair}'
    ),
    ('case', 'check', '{data_check}', '{checked}', '{leader,chair}'), -- the chair, where no leader can
    ('case', 'object', '{data_check}', '{=}', '{leader,chair}'), -- corrections are asked for: compute it anew then
    ('case', 'notify', '{checked}', '{notified,wait_statement,closed}', '{office}'), -- closed: a reminder
    ('case', 'deliver', '{notified}', '{wait_statement,closed}', '{deputy,office}'), -- it is proved that they know
    ('case', 'state', '{notified,wait_statement}', '{review}', '{deputy,office}'),
    ('case', 'go_on', '{wait_statement}', '{review}', '{office,chair}'), -- after the days for it
    ('case', 'uphold', '{review}', '{decision}', '{office,chair}'), -- who had no hand in it
    ('case', 'send_back', '{review}', '{data_check}', '{office,chair}'),
    ('case', 'talk', '{decision}', '{help_plan,closed}', '{chair}'), -- the chair's track
    ('case', 'decide', '{decision}', '{help_plan,closed,data_check}', '{chair}'), -- the presidium's, with its vote
    ('case', 'plan', '{help_plan}', '{=}', '{office,chair}'),
    ('case', 'clear', '{help_plan,carried}', '{cleared}', '{chair}'),
    ('case', 'carry', '{help_plan}', '{carried}', '{chair}'),
    ('case', 'reopen', '{help_plan,cleared,carried,closed}', '{reopened}', '{deputy,office}'),
    ('case', 'resume', '{reopened}', '{data_check}', '{chair}'),
    ('case', 'dismiss', '{reopened}', '{help_plan,cleared,carried,closed}', '{chair}'), -- where it stood
    (
        'case', 'void',
        '{data_check,checked,notified,wait_statement,review,decision,help_plan,cleared,carried,closed,reopened}',
        '{void}', '{chair}'
    ),
    -- Money: two persons, of whom the chair is one where the sum is large.
    ('fund', 'record', '{new}', '{recorded}', '{office,chair}'),
    ('fund', 'sign', '{recorded,confirmed}', '{=}', '{office}'), -- the recipient signed for it
    ('fund', 'confirm', '{recorded}', '{confirmed}', '{office,chair}'),
    ('fund', 'void', '{recorded}', '{void}', '{office,chair}'),
    ('fund', 'void', '{confirmed}', '{void}', '{chair}'),
    -- Deeds.
    ('deed', 'record', '{new}', '{claimed}', '{deputy,clerk,leader,office}'),
    ('deed', 'verify', '{claimed}', '{verified}', '{leader,office}'),
    ('deed', 'reject', '{claimed}', '{rejected}', '{leader,office}'),
    ('deed', 'join', '{claimed}', '{void}', '{leader,office}'), -- the same as another one
    ('deed', 'claim_again', '{rejected}', '{claimed}', '{deputy,clerk,leader}'),
    ('deed', 'withdraw', '{claimed,rejected}', '{void}', '{deputy,clerk,leader}'),
    ('deed', 'void', '{claimed,verified,rejected}', '{void}', '{office}'),
    -- Households.
    ('household', 'register', '{new}', '{active}', '{deputy,clerk,leader,office}'),
    ('household', 'change', '{active}', '{=}', '{clerk,leader,office}'),
    ('household', 'visit', '{active}', '{=}', '{deputy,clerk,leader,office}'),
    ('household', 'void_visit', '{active,ended}', '{=}', '{clerk,leader,office}'),
    ('household', 'end', '{active}', '{ended}', '{clerk,leader,office}'),
    ('household', 'resume', '{ended}', '{active}', '{clerk,leader,office}'),
    ('household', 'void', '{active,ended}', '{void}', '{office}'),
    -- Awards: put up, checked by another, decided by the chair.
    ('award', 'nominate', '{new}', '{nominated}', '{leader,office}'),
    ('award', 'verify', '{nominated}', '{verified}', '{leader,office}'), -- not a leader their own group
    ('award', 'reject', '{nominated,verified}', '{rejected}', '{office,chair}'),
    ('award', 'withdraw', '{nominated}', '{withdrawn}', '{leader,office}'),
    ('award', 'decide', '{verified}', '{decided}', '{chair}'),
    ('award', 'pay', '{decided}', '{paid}', '{office}'),
    ('award', 'void', '{decided,paid}', '{void}', '{chair}'),
    -- Residents' requests about their own information.
    ('personal', 'request', '{new}', '{requested}', '{clerk,leader,office}'),
    ('personal', 'grant', '{requested}', '{granted}', '{office,chair}'),
    ('personal', 'refuse', '{requested}', '{refused}', '{office,chair}'),
    ('personal', 'withdraw', '{requested,granted}', '{withdrawn}', '{clerk,office}'),
    ('personal', 'give', '{granted}', '{done}', '{office}'),
    ('personal', 'correct', '{granted}', '{done}', '{office}'),
    ('personal', 'erase', '{granted}', '{done}', '{office}'),
    -- Suggestions and bills.
    ('suggestion', 'draft', '{new}', '{draft}', '{deputy}'),
    ('suggestion', 'change', '{draft,cosigning}', '{=,cosigning}', '{deputy}'), -- a new wording asks all again
    ('suggestion', 'invite', '{draft,cosigning}', '{cosigning}', '{deputy}'),
    ('suggestion', 'cosign', '{cosigning}', '{=}', '{deputy}'), -- who was invited
    ('suggestion', 'decline', '{cosigning}', '{=}', '{deputy}'),
    ('suggestion', 'submit', '{draft,cosigning}', '{submitted}', '{deputy}'),
    ('suggestion', 'check_form', '{submitted}', '{form_check}', '{office}'),
    ('suggestion', 'send_back', '{submitted,form_check}', '{draft}', '{office}'),
    ('suggestion', 'classify', '{form_check}', '{classified,closed}', '{office}'), -- bill, suggestion or neither
    ('suggestion', 'put_on_agenda', '{classified,referred}', '{agenda}', '{chair}'), -- bills
    ('suggestion', 'refer', '{classified,agenda}', '{referred}', '{chair}'), -- bills
    ('suggestion', 'turn', '{classified,agenda,referred}', '{turned_to_suggestion}', '{chair}'), -- bills
    ('suggestion', 'resolve', '{agenda}', '{closed}', '{chair}'), -- bills: adopted or not
    ('suggestion', 'withdraw', '{draft,cosigning,submitted,form_check,classified}', '{withdrawn}', '{deputy}'),
    ('suggestion', 'consent_withdrawal', '{agenda,referred}', '{withdrawn}', '{chair}'), -- Deputies Law art. 15
    ('suggestion', 'assign', '{classified,turned_to_suggestion,returned}', '{assigned}', '{office,chair}'),
    ('suggestion', 'return', '{assigned}', '{returned}', '{unit}'),
    (
        'suggestion', 'contact', '{assigned,contacted,co_opinion,rehandle,mediated,key_supervised}', '{contacted,=}',
        '{unit}'
    ),
    -- of a co-unit
    ('suggestion', 'give_opinion', '{assigned,contacted,co_opinion,key_supervised}', '{co_opinion,=}', '{unit}'),
    ('suggestion', 'extend', '{assigned,contacted,co_opinion,key_supervised}', '{=}', '{chair}'),
    ('suggestion', 'reply', '{contacted,co_opinion,rehandle,mediated,key_supervised}', '{replied}', '{unit}'),
    ('suggestion', 'rate', '{replied}', '{rated,rehandle,promised}', '{deputy}'),
    ('suggestion', 'mediate', '{rated}', '{mediated}', '{chair}'),
    ('suggestion', 'keep_promise', '{promised}', '{kept}', '{office}'),
    ('suggestion', 'break_promise', '{promised}', '{broken}', '{office}'),
    ('suggestion', 'supervise', '{assigned,contacted,co_opinion,rehandle,broken}', '{key_supervised}', '{chair}'),
    ('suggestion', 'close', '{replied,rated,mediated,kept,referred}', '{closed}', '{office}'),
    ('suggestion', 'report', '{closed,kept}', '{reported}', '{office}'),
    ('suggestion', 'publish', '{reported}', '{published}', '{office,chair}'),
    ('suggestion', 'archive', '{published}', '{archived}', '{office}'),
    (
        'suggestion', 'void',
        '{draft,cosigning,submitted,form_check,classified,agenda,referred,turned_to_suggestion,assigned,returned,'
        'contacted,co_opinion,replied,rated,rehandle,mediated,promised,kept,broken,key_supervised,closed}',
        '{void}', '{office}'
    ),
    -- What activities lead to.
    ('follow_up', 'write', '{new}', '{draft}', '{leader,office}'),
    ('follow_up', 'change', '{draft}', '{=}', '{leader,office}'),
    ('follow_up', 'forward', '{draft}', '{forwarded}', '{office,chair}'), -- Deputies Law art. 31
    ('follow_up', 'return', '{forwarded}', '{draft}', '{unit}'),
    ('follow_up', 'plan', '{forwarded,planned}', '{planned}', '{unit}'),
    ('follow_up', 'answer', '{forwarded,planned}', '{answered}', '{unit}'), -- without a plan: of a deliberation
    ('follow_up', 'recheck', '{answered}', '{recheck}', '{leader,office}'),
    ('follow_up', 'settle', '{recheck}', '{done}', '{leader,office}'),
    ('follow_up', 'send_back', '{recheck}', '{planned,forwarded}', '{leader,office}'),
    ('follow_up', 'void', '{draft,forwarded,planned,answered,recheck}', '{void}', '{office}'),
    -- Ballots: counted by two, announced, given to the appraisee in writing.
    ('appraisal', 'record', '{new}', '{counting}', '{clerk,leader,office}'),
    ('appraisal', 'count_again', '{counting}', '{counted,differing}', '{clerk,leader,office}'), -- by another
    ('appraisal', 'recount', '{differing}', '{counting}', '{clerk,leader,office}'),
    ('appraisal', 'announce', '{counted}', '{announced}', '{leader,office,chair}'),
    ('appraisal', 'deliver', '{announced}', '{delivered}', '{leader,office}'),
    ('appraisal', 'void', '{counting,differing,counted}', '{void}', '{office}'),
    ('appraisal', 'void', '{announced,delivered}', '{void}', '{chair}'),
    -- Training.
    ('training', 'describe', '{new,described}', '{described}', '{clerk,leader,office}'),
    ('self_study', 'note', '{new}', '{noted}', '{deputy,clerk,leader,office}'),
    ('self_study', 'confirm', '{noted}', '{confirmed}', '{leader,chair}'), -- a leader's own: the chair
    ('self_study', 'refuse', '{noted}', '{refused}', '{leader,chair}'),
    ('self_study', 'withdraw', '{noted}', '{withdrawn}', '{deputy,clerk}'),
    -- A group's plan and summary, its room, its voters, its target sheet.
    ('paper', 'write', '{new}', '{draft}', '{clerk,leader}'),
    ('paper', 'change', '{draft}', '{=}', '{clerk,leader}'),
    ('paper', 'submit', '{draft}', '{submitted}', '{clerk,leader}'),
    ('paper', 'approve', '{submitted}', '{approved}', '{leader,office,chair}'), -- another than who wrote it
    ('paper', 'send_back', '{submitted}', '{draft}', '{leader,office,chair}'),
    ('paper', 'void', '{draft,submitted,approved}', '{void}', '{office}'),
    ('room_visit', 'inspect', '{new}', '{passed,failed}', '{office,chair}'),
    ('room_visit', 'remedy', '{failed}', '{remedied}', '{office,chair}'), -- seen to be put right
    ('room_visit', 'void', '{passed,failed,remedied}', '{void}', '{office,chair}'),
    ('voter_link', 'link', '{new}', '{linked}', '{clerk,leader,office}'),
    ('voter_link', 'end', '{linked}', '{ended}', '{clerk,leader,office}'),
    ('voter_link', 'void', '{linked,ended}', '{void}', '{office}'),
    ('target', 'write', '{new}', '{draft}', '{office}'),
    ('target', 'change', '{draft}', '{=}', '{office}'),
    ('target', 'sign', '{draft}', '{=,signed}', '{leader,chair}'),
    ('target', 'enter', '{signed,checked}', '{=}', '{office}'),
    ('target', 'check', '{signed}', '{checked}', '{office,chair}'),
    ('target', 'settle', '{checked}', '{settled}', '{chair}'),
    ('target', 'void', '{draft,signed,checked}', '{void}', '{chair}')
) as t (subject, action, from_states, to_states, roles);

-- Which actions a role could take on a record in this state, its scope and the guards of each apart.
create function lv.actions_open(of_subject text, in_state text, for_role text) returns text[]
language sql stable as $$
    select coalesce(array_agg(distinct t.action), '{}')
    from lv.transition as t
    where t.subject = of_subject and in_state = any (t.from_states) and for_role = any (t.roles)
$$;
