/* form.h - values that are composed: "D001=signed:2026-11-20". And what several nouns print. */
#ifndef LVZHI_FORM_H
#define LVZHI_FORM_H

#include "command.h"

extern const struct form form_notice;   /* D001=signed[:DAY]: a NoticeLine */
extern const struct form form_decision; /* TEXT=12:0:1: a Decision */
extern const struct form form_mark;     /* D001=present: looked at by the command itself */
extern const struct form form_item;     /* TEXT=2026-12-20: a FollowUpItem */
extern const struct form form_point;    /* POINT=ok or POINT=WHAT IS WRONG: a RoomPoint */
extern const struct form form_line;     /* CODE=LABEL:30:RULE[:GOAL]: a TargetLine */
extern const struct form form_points;   /* 12.5 */
extern const struct form form_day;      /* 2026-10-01=off:NAME: a CalendarDay */

extern const struct column step_columns[];  /* of a record's history */
extern const struct column sheet_columns[]; /* of a meeting's sign-in sheets */
extern const struct part mark_parts[];      /* of GetAttendanceReply */

#endif
