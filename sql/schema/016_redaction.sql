-- A name that stands in what was said is made unreadable there; the text as it was is kept apart, sealed, and ends with
-- the rest of what is known of who said it.
create table data.redaction (
    town_id int not null,
    feedback_id uuid not null,
    op_id uuid not null,
    original text, -- before this redaction; null: ended
    replaced int not null check (replaced > 0),
    reason text not null check (reason <> ''),
    author_id uuid not null,
    device_id uuid,
    redacted_at timestamptz not null,
    primary key (town_id, feedback_id, op_id),
    foreign key (town_id, feedback_id) references data.feedback
);
