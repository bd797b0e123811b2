-- Terms of the congress (届), and what the closing of one handed to the next.

-- The closed ones and the present one; before the first closing none stands here, and data.town says which it is.
create table data.term (
    town_id int not null references data.town,
    term text not null check (term <> ''),
    starts_on date not null,
    closed_at timestamptz, -- null: the present one
    closed_by uuid, -- account
    op_id uuid,
    primary key (town_id, term),
    unique (town_id, starts_on),
    check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (op_id is null))
);

-- What stood open when a term was closed, as it stood then. Only added to.
create table data.handover (
    town_id int not null,
    term text not null, -- that was closed
    line_no int not null check (line_no > 0),
    subject text not null,
    record_id uuid not null,
    code text not null,
    title text not null,
    state text, -- null: of the kind there is none
    origin_term text, -- in which it began; null: before the first that is known
    since_on date,
    age_days int, -- since it was first given to somebody; null: it never was
    due_on date,
    holder text,
    primary key (town_id, term, line_no),
    foreign key (town_id, term) references data.term
);
