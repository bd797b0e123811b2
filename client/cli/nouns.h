/* nouns.h - every noun of the command line; each stands in the file of its name, or in office.c. */
#ifndef LVZHI_NOUNS_H
#define LVZHI_NOUNS_H

#include "command.h"

extern const struct noun noun_appraisal, noun_attachment, noun_attendance, noun_audit, noun_personal, noun_award,
    noun_calendar, noun_call, noun_card, noun_case, noun_completion, noun_csv_town, noun_deed, noun_enrol, noun_export,
    noun_feedback, noun_follow_up, noun_group, noun_health, noun_household, noun_import, noun_leave, noun_login,
    noun_logout, noun_man, noun_meeting, noun_meetings, noun_money, noun_notice, noun_outbox, noun_people,
    noun_provision, noun_register, noun_report, noun_room, noun_rules, noun_search, noun_sheet, noun_steps,
    noun_suggestion, noun_term, noun_threeno, noun_todo, noun_training, noun_watch;

#endif
