-- Shows that the centre and its database answer, and which versions they are.
-- by: anyone
-- effect: none
select
    lv.now() as now_us,
    (select max(m.version) from data.migration as m) as schema_version,
    current_setting('server_version') as database_version
