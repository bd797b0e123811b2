/* card_paper.h - a card as it is filed: the parts of its JSON text (CardText in card.proto), in the form's order. */
#ifndef LVZHI_CARD_PAPER_H
#define LVZHI_CARD_PAPER_H

#include "document.h"
#include "table.h"

/* The columns of the card's lists, also for the screen. */
extern const struct column card_term_columns[], card_suspension_columns[], card_line_columns[], card_feedback_columns[],
    card_suggestion_columns[], card_deed_columns[], card_household_columns[], card_appraisal_columns[],
    card_award_columns[], card_fund_columns[], card_total_columns[];

/* `row` is a CardText; NULL: its text cannot be read. Owned by the caller. */
struct document *card_document(const json_t *row);

#endif
