#include "nouns.h"

const struct noun *const nouns[] = {
    &noun_todo,      &noun_meeting,    &noun_attendance, &noun_leave,    &noun_feedback,   &noun_suggestion,
    &noun_follow_up, &noun_appraisal,  &noun_training,   &noun_group,    &noun_card,       &noun_money,
    &noun_deed,      &noun_household,  &noun_award,      &noun_notice,   &noun_attachment, &noun_sheet,
    &noun_search,    &noun_threeno,    &noun_case,       &noun_people,   &noun_steps,      &noun_rules,
    &noun_term,      &noun_register,   &noun_room,       &noun_calendar, &noun_watch,      &noun_audit,
    &noun_personal,  &noun_meetings,   &noun_report,     &noun_export,   &noun_import,     &noun_health,
    &noun_login,     &noun_logout,     &noun_enrol,      &noun_outbox,   &noun_call,       &noun_provision,
    &noun_csv_town,  &noun_completion, &noun_man,        NULL,
};
