"""What PostgreSQL's own catalogue says of the schema and of the daemon's rights."""

import harness

# Tables of the installation itself.
WITHOUT_TOWN = {"calendar_day": "day", "installation": "only_one", "migration": "version"}  # and a column of each
NAMED = ", ".join(f"'{table}'" for table in WITHOUT_TOWN)

# An order in time, never an identifier: rows of several transactions are numbered by it (005_life.sql).
SEQUENCES = [("operation_place",)]


class Catalogue(harness.Case):
    def sql(self, text):
        return self.centre.sql(text)

    def as_daemon(self, text, town=None):
        return self.centre.sql(text, "lvzhid", {"app.town": town} if town is not None else None)

    def denied(self, text):
        with self.assertRaises(RuntimeError, msg=text) as caught:
            self.as_daemon(text, harness.TOWN)
        self.assertRegex(str(caught.exception), "permission denied|must be (owner|superuser)|row-level security", text)

    def tables(self):
        return [t for t, in self.sql(
            "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind in ('r', 'p')"
            " order by 1")]

    def test_tables_without_a_town_are_named(self):
        without = self.sql(
            "select relname from pg_class c where relnamespace = 'data'::regnamespace and relkind in ('r', 'p')"
            " and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'town_id'"
            " and a.attnotnull)")
        self.assertEqual({t for t, in without}, set(WITHOUT_TOWN))
        types = self.sql("select distinct format_type(a.atttypid, a.atttypmod) from pg_attribute a join pg_class c on"
                         " c.oid = a.attrelid where c.relnamespace = 'data'::regnamespace and a.attname = 'town_id'"
                         " and c.relkind = 'r'")
        self.assertEqual(types, [("integer",)])

    def test_town_leads_every_key(self):
        wrong = self.sql(
            "select c.conrelid::regclass, c.conname from pg_constraint c join pg_class r on r.oid = c.conrelid"
            " where r.relnamespace = 'data'::regnamespace and c.contype in ('p', 'u', 'f')"
            f" and r.relname not in ({NAMED})"
            " and (select a.attname from pg_attribute a where a.attrelid = c.conrelid and a.attnum = c.conkey[1])"
            " <> 'town_id'")
        self.assertEqual(wrong, [])
        wrong = self.sql(
            "select c.conrelid::regclass, c.conname from pg_constraint c join pg_class r on r.oid = c.conrelid"
            " where r.relnamespace = 'data'::regnamespace and c.contype = 'f'"
            " and (select a.attname from pg_attribute a where a.attrelid = c.confrelid and a.attnum = c.confkey[1])"
            " <> 'town_id'")
        self.assertEqual(wrong, [])
        wrong = self.sql(
            "select i.indexrelid::regclass from pg_index i join pg_class r on r.oid = i.indrelid"
            f" where r.relnamespace = 'data'::regnamespace and r.relname not in ({NAMED})"
            " and (i.indkey[0] = 0 or (select a.attname from pg_attribute a where a.attrelid = i.indrelid"
            " and a.attnum = i.indkey[0]) <> 'town_id')")
        self.assertEqual(wrong, [])

    def test_row_level_security_is_forced(self):
        wrong = self.sql(
            "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind in ('r', 'p')"
            f" and relname not in ({NAMED}) and not (relrowsecurity and relforcerowsecurity)")
        self.assertEqual(wrong, [])
        policies = self.sql("select tablename, count(*), min(qual), min(coalesce(with_check, qual)), min(cmd),"
                            " bool_and(permissive = 'PERMISSIVE') from pg_policies where schemaname = 'data'"
                            " group by 1")
        self.assertEqual({p[0] for p in policies}, set(self.tables()) - set(WITHOUT_TOWN))
        self.assertEqual({p[1:] for p in policies},
                         {("1", policies[0][2], policies[0][2], "ALL", "t")}, "one policy, the same for all")
        self.assertIn("app.town", policies[0][2])

    def test_no_deferred_constraints_no_sequences_no_triggers(self):
        self.assertEqual(self.sql("select conname from pg_constraint where condeferrable"), [])
        self.assertEqual(self.sql("select relname from pg_class where relkind = 'S' and relnamespace in"
                                  " ('data'::regnamespace, 'lv'::regnamespace)"), SEQUENCES)
        self.assertEqual(self.sql("select tgname from pg_trigger where not tgisinternal"), [])

    def test_data_does_not_hang_on_rules(self):
        self.assertEqual(self.sql("select conname from pg_constraint where connamespace = 'data'::regnamespace"
                                  " and pg_get_constraintdef(oid) like '%lv.%'"), [])

    def test_daemon_owns_nothing(self):
        owned = self.sql("select c.relname from pg_class c join pg_roles r on r.oid = c.relowner"
                         " where r.rolname = 'lvzhid' union all select p.proname from pg_proc p join pg_roles r on"
                         " r.oid = p.proowner where r.rolname = 'lvzhid' union all select n.nspname from pg_namespace n"
                         " join pg_roles r on r.oid = n.nspowner where r.rolname = 'lvzhid'")
        self.assertEqual(owned, [])
        attributes = self.sql("select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
                              " where rolname = 'lvzhid'")
        self.assertEqual(attributes, [("f",) * 5])
        self.assertEqual(self.sql("select roleid::regrole from pg_auth_members where member = 'lvzhid'::regrole"), [])

    def test_daemon_has_no_ddl(self):
        for text in ("create table data.x (y int)", "create table lv.x (y int)", "create schema x",
                     "alter table data.meeting add column x int", "drop table data.meeting",
                     "create or replace function lv.today() returns date language sql as 'select current_date'",
                     "alter table data.meeting disable row level security", "drop policy own_town on data.meeting",
                     "truncate data.meeting", "create trigger t after insert on data.meeting for each row execute"
                     " function suppress_redundant_updates_trigger()", "alter role lvzhid bypassrls",
                     "create table public.x (y int)", "set role lvzhi_owner"):
            self.denied(text)

    def test_daemon_cannot_change_ledger_or_marks_nor_delete_records(self):
        for table in ("operation", "attendance_mark", "correction"):
            self.denied(f"update data.{table} set town_id = town_id")
        may_delete = {"session_token", "login_failure", "import_row", "upload", "upload_chunk", "suggestion_proposer",
                      "household_helper"}
        for table in self.tables():
            if table not in may_delete:
                self.denied(f"delete from data.{table}")
            self.denied(f"truncate data.{table}")
        for table, column in WITHOUT_TOWN.items():
            self.denied(f"update data.{table} set {column} = null")
            self.denied(f"insert into data.{table} default values")

    def test_no_row_of_another_town_is_visible(self):
        """In any table, and in any view that shows a town."""
        views = [v for v, in self.sql(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'town_id'"
            " where c.relnamespace = 'lv'::regnamespace and c.relkind = 'v' order by 1")]
        names = ["data." + t for t in self.tables() if t not in WITHOUT_TOWN] + ["lv." + v for v in views]
        self.assertGreater(len(names), 25)
        union = " union all ".join(
            f"select '{n}', count(*) filter (where town_id <> {harness.TOWN}), count(*) from {n}" for n in names)
        seen = {name: (int(other), int(all)) for name, other, all in self.as_daemon(union, harness.TOWN)}
        self.assertEqual({n for n, (other, _) in seen.items() if other}, set())
        for name in ("data.meeting", "data.account", "data.operation", "data.attendance_mark"):
            self.assertGreater(seen[name][1], 0)
        nobody = " union all ".join(f"select '{n}', count(*) from {n}" for n in names)
        for town in (None, "", harness.OTHER_TOWN + 1):
            self.assertEqual({c for _, c in self.as_daemon(nobody, town)}, {"0"}, f"town {town!r}")

    def test_every_view_is_of_the_callers_town(self):
        """Views without a town_id too: as town A and as town B they give other rows, or none of the other's names."""
        views = [v for v, in self.sql("select relname from pg_class where relnamespace = 'lv'::regnamespace"
                                      " and relkind = 'v'")]
        for view in views:
            for town, other in ((harness.TOWN, harness.OTHER_TOWN), (harness.OTHER_TOWN, harness.TOWN)):
                rows = self.as_daemon(f"select v::text from lv.{view} as v", town)
                self.assertFalse([r for r, in rows if f"赵{other}" in r or f"镇{other}" in r], view)
        options = self.sql("select relname from pg_class where relnamespace = 'lv'::regnamespace and relkind = 'v'"
                           " and not coalesce(reloptions @> array['security_invoker=true'], false)")
        self.assertEqual(options, [])

    def test_writes_into_another_town_fail(self):
        with self.assertRaisesRegex(RuntimeError, "row-level security"):
            self.as_daemon("insert into data.unit (town_id, unit_id, code, name) values"
                           f" ({harness.OTHER_TOWN}, gen_random_uuid(), 'X', 'x')", harness.TOWN)
        with self.assertRaisesRegex(RuntimeError, "row-level security"):
            self.as_daemon(f"update data.unit set town_id = {harness.OTHER_TOWN}", harness.TOWN)
        self.as_daemon(f"update data.unit set name = 'x' where town_id = {harness.OTHER_TOWN}", harness.TOWN)
        self.assertEqual(self.centre.count("unit", "name = 'x'"), 0)

    def test_functions_of_the_owner_are_few_and_demand_a_role(self):
        """SECURITY DEFINER passes row-level security: each such function is an administrator's, or named here."""
        of_own_town = {"search", "is_operations"}  # an index no plan uses under a policy; and town 0's transactions
        told_by_the_engine = {"session_revoked"}  # ids of what is over, of all towns, to a daemon that could not hear
        definers = self.sql("select proname, prosrc, coalesce(array_to_string(proconfig, ' '), '') from pg_proc"
                            " where pronamespace = 'lv'::regnamespace and prosecdef")
        self.assertTrue(definers)
        for name, source, config in definers:
            if name in of_own_town:
                self.assertIn("lv.town_id()", source, name)
            elif name not in told_by_the_engine:
                self.assertIn("demand_admin", source, name)
            self.assertIn("search_path=", config, name)
        public = self.sql("select proname from pg_proc where pronamespace = 'lv'::regnamespace"
                          " and has_function_privilege('public', oid, 'execute')")
        self.assertEqual(public, [])
        self.assertEqual(self.sql("select has_schema_privilege('public', 'data', 'usage'),"
                                  " has_schema_privilege('public', 'lv', 'usage')"), [("f", "f")])

    def test_owners_functions_refuse_other_callers(self):
        """As the daemon, with a caller that is no administrator."""
        caller = f"row({harness.TOWN}, gen_random_uuid(), 'x', 'office', null, null, null, null)::data.caller"
        for call in (f"lv.list_accounts({caller}, {harness.TOWN}, 1, null)", f"lv.list_towns({caller}, 1, null)",
                     f"lv.create_town({caller}, 1, 'x', 'y', current_date)",
                     f"lv.revoke_account({caller}, {harness.TOWN}, 'office', 'x')"):
            with self.assertRaisesRegex(RuntimeError, "not_admin"):
                self.as_daemon(f"select * from {call}", harness.TOWN)
