-- Steps and notices are of any kind of record: which kinds there are is lv.transition's to say, not each table's again.
alter table data.step drop constraint step_subject_check;
alter table data.notice drop constraint notice_subject_check;
